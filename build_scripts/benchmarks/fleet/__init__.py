"""A fleet's history in DynamoDB: what a write and a query cost, and how evenly the partitions are used."""
