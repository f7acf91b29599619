"""The API of payments: inputs (shapes only), views (parse, call, serialize), urls, expanders."""
