"""GaloyMoney/blink#2141, duniter/cesium#523, conekta/conekta-node#12: a message for people showed
an amount in cents beside the currency, a hundred times too much.

Right: an error's `message` is "for people" (turnstile.cddl): 3.96 EUR is not "396 EUR"; 396 JPY is.
Or it says that they are minor units, as everything else does."""
from kit import *

check = Check("cents in messages for people (blink#2141)")
operator, orders = Client("inventory", "operator"), Client("orders")
for currency, wrong in (("EUR", "396 EUR"), ("KWD", "396 KWD")):
    event_id, (type_id,) = event(
        operator, [{"price": euro(333, currency), "taxBasisPoints": 1_900}], currency=currency)
    error = refusal(orders.call, "orders.Purchase", purchase(
        event_id, [(type_id, 1)], expectedTotal=euro(397, currency)))
    check.that("another total ends the purchase", error and error.reason == "PRICE_CHANGED", error)
    check.that(f"the message does not call 396 minor units {wrong}",
               wrong not in error.message or "minor" in error.message, error.message)
    check.that("the detail has the numbers", error.detail.get("actual") == euro(396, currency),
               error.detail)
check.end()
