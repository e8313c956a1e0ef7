import django.db.models.deletion
from django.db import migrations, models

from accounts.tenancy import Tenant

# An issuer's address is public: whoever spells it in full learns the public keys behind it, and
# not even whose they are. NULL: there is no such issuer.
LOOKUP = """
CREATE FUNCTION iamsite_issuer_keys(wanted text, at timestamptz) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce(
        (SELECT jsonb_agg(k.public ORDER BY k.signs_from, k.id) FROM identities_signingkey k
            WHERE k.account_id = f.account_id
                AND (k.published_until IS NULL OR k.published_until > at)), '[]'::jsonb)
    FROM identities_outboundfederation f WHERE f.identifier = wanted
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("identities", "0010_used_assertions")]

    operations = [
        migrations.CreateModel(
            name="OutboundFederation",
            fields=[
                (
                    "account",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="accounts.account",
                    ),
                ),
                ("identifier", models.CharField(max_length=36, unique=True)),
                ("enabled", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="SigningKey",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                (
                    "algorithm",
                    models.CharField(
                        choices=[("RS256", "Rs256"), ("ES384", "Es384")], max_length=5
                    ),
                ),
                ("public", models.JSONField()),
                ("secret", models.BinaryField()),
                ("signs_from", models.DateTimeField()),
                ("published_until", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
            ],
            options={"abstract": False},
        ),
        Tenant("identities_outboundfederation", key=None),
        Tenant("identities_signingkey"),
        migrations.RunSQL(LOOKUP, "DROP FUNCTION iamsite_issuer_keys(text, timestamptz);"),
    ]
