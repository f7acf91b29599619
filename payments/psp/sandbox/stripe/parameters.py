"""The parameters each endpoint knows, as Stripe documents them for 2026-10-28.endive; any other name is
refused.

`payment_method_types` is kept although this version has replaced it, since callers pinned to older ones send
it.
"""

from .lists import PAGING


def _names(text: str, *more: str) -> frozenset[str]:
    return frozenset((*text.split(), *more, "expand"))


NONE = _names("")
LIST = _names("", *PAGING)
SEARCH = _names("query limit page")

INTENT_CREATE = _names(
    """amount currency allowed_payment_method_types amount_details application_fee_amount
    automatic_payment_methods capture_method confirm confirmation_method confirmation_token customer
    customer_account description error_on_requires_action excluded_payment_method_types hooks mandate
    mandate_data metadata off_session on_behalf_of payment_details payment_method
    payment_method_configuration payment_method_data payment_method_options payment_method_types
    radar_options receipt_email return_url setup_future_usage shipping statement_descriptor
    statement_descriptor_suffix transfer_data transfer_group use_stripe_sdk"""
)
INTENT_UPDATE = INTENT_CREATE - _names(
    """confirm confirmation_method confirmation_token error_on_requires_action mandate mandate_data
    off_session on_behalf_of radar_options return_url use_stripe_sdk"""
) | {"expand"}
INTENT_CONFIRM = _names(
    """allowed_payment_method_types amount_details amount_to_confirm capture_method confirmation_token
    error_on_requires_action excluded_payment_method_types hooks mandate mandate_data off_session
    payment_details payment_method payment_method_data payment_method_options payment_method_types
    radar_options receipt_email return_url setup_future_usage shipping use_stripe_sdk"""
)
INTENT_CAPTURE = _names(
    """amount_details amount_to_capture application_fee_amount final_capture hooks metadata payment_details
    statement_descriptor statement_descriptor_suffix transfer_data"""
)
INTENT_CANCEL = _names("cancellation_reason")
INTENT_INCREMENT = _names(
    """amount amount_details application_fee_amount description hooks metadata payment_details
    statement_descriptor transfer_data"""
)
INTENT_LIST = LIST | {"customer", "customer_account"}

CHARGE_LIST = LIST | {"customer", "payment_intent", "transfer_group"}
CHARGE_UPDATE = _names("customer description fraud_details metadata receipt_email shipping transfer_group")

REFUND_CREATE = _names(
    """amount charge currency customer instructions_email metadata origin payment_intent reason
    refund_application_fee reverse_transfer"""
)
REFUND_UPDATE = _names("metadata")
REFUND_LIST = LIST | {"charge", "payment_intent"}

CUSTOMER_CREATE = _names(
    """address balance business_name cash_balance description email individual_name invoice_prefix
    invoice_settings metadata name next_invoice_sequence payment_method phone preferred_locales shipping
    source tax tax_exempt tax_id_data test_clock validate"""
)
CUSTOMER_LIST = LIST | {"email", "test_clock"}

METHOD_CREATE = _names(
    """allow_redisplay billing_details card customer ideal klarna metadata payment_method radar_options sepa_debit
    type upi us_bank_account"""
)
METHOD_UPDATE = _names("allow_redisplay billing_details card metadata")
METHOD_LIST = LIST | {"allow_redisplay", "customer", "customer_account", "type"}
METHOD_ATTACH = _names("customer customer_account")

SETUP_CREATE = _names(
    """allowed_payment_method_types attach_to_self automatic_payment_methods confirm confirmation_token
    customer customer_account description excluded_payment_method_types flow_directions mandate_data
    metadata on_behalf_of payment_method payment_method_configuration payment_method_data
    payment_method_options payment_method_types return_url single_use usage use_stripe_sdk"""
)
SETUP_UPDATE = _names(
    """attach_to_self customer description flow_directions metadata payment_method payment_method_data
    payment_method_options payment_method_types"""
)
SETUP_CONFIRM = _names(
    """confirmation_token mandate_data payment_method payment_method_data payment_method_options return_url
    use_stripe_sdk"""
)
SETUP_CANCEL = _names("cancellation_reason")
SETUP_LIST = LIST | {"attach_to_self", "customer", "payment_method"}

DISPUTE_LIST = LIST | {"charge", "payment_intent"}
DISPUTE_UPDATE = _names("evidence intended_submission_method metadata submit")
WARNING_LIST = LIST | {"charge", "payment_intent"}
FILE_CREATE = _names("file file_link_data purpose")
FILE_LIST = LIST | {"purpose"}

EVENT_LIST = LIST | {"delivery_success", "type", "types"}
PAYOUT_LIST = LIST | {"status"}
TRANSACTION_LIST = LIST | {"currency", "payout", "source", "type"}
ENDPOINT_CREATE = _names("api_version connect description enabled_events metadata url")
ENDPOINT_UPDATE = _names("description disabled enabled_events metadata url")
