"""The vault: envelope encryption of PSP tokens, credentials and webhook secrets.

fields.py     encrypt_field, decrypt_field: what other rooms call
data_keys.py  the data key of a merchant: made on demand, kept in a bounded cache
wrapping.py   key-encryption keys: the KeyWrapper port and its local provider
rotation.py   re-wrap data keys under the newest key-encryption key
"""
