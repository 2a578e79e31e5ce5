"""The money book: double entry in minor units, invoices, payments, payouts."""
