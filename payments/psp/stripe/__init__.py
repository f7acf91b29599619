"""The Stripe connector, on the official SDK. The only room that knows Stripe as a PSP."""
