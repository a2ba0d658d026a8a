"""Commands on an AWS account beside CloudFormation's deployments: checks, first values, versions, emptying."""
