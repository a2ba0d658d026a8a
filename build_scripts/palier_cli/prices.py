"""What AWS asks, in US dollars: list prices of us-east-1 without free tier.

Source: the pages "AWS Lambda pricing", "Amazon API Gateway pricing" and "AWS WAF pricing". Prices change, and differ
between regions.
"""

LAMBDA_GB_SECOND = {"arm64": 0.0000133334, "x86_64": 0.0000166667}
LAMBDA_MILLION_REQUESTS = 0.20
REST_API_MILLION_REQUESTS = 3.50
WAF_MILLION_REQUESTS = 0.60
MB_PER_GB = 1024
