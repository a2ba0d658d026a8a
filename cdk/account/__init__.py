"""What the stages' command line asks and changes in an AWS account, beside what CloudFormation deploys."""
