"""What is asked of AWS, whatever it is for: clients, DynamoDB items, another try where writers meet."""
