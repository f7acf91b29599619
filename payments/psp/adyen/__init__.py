"""The Adyen connector, on the official SDK. The only room that knows Adyen as a PSP."""
