"""The vault: envelope encryption of PSP tokens, credentials and webhook secrets.

fields.py          encrypt_field, decrypt_field: what other rooms call
data_keys.py       the data keys of a merchant: made on demand, kept in a bounded cache
wrapping.py        key-encryption keys: the KeyWrapper port and its local provider
sealed_columns.py  the register of every column and secret that is under a key
rotation.py        everything under the newest keys, in batches that stop and go on anywhere
reencryption.py    ciphertexts from superseded data keys to the current one
retiring.py        a key is given up once nothing is under it
standing.py        what is under which key; a key dropped from VAULT_KEYS too early stops the start
"""
