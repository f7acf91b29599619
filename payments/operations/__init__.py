"""What the product can do, one file per verb. Operations own a transaction; flows string them and PSP calls together."""
