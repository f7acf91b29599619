"""The remote tax provider: questions to a tax service over HTTP. Answers are kept; taxes.py makes amounts of them."""
