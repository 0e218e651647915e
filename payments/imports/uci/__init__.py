"""The UCI data set "Online Retail": invoice lines of a wholesaler, told by header."""
