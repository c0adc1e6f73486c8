"""Indexes of the records that have a link, so that deleting a record for good reads no whole tables."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('crm', '0008_index_building'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='account',
            index=models.Index(condition=models.Q(('parent__isnull', False)), fields=['parent'], name='account_parent'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('account__isnull', False)), fields=['account'], name='case_account'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('contact__isnull', False)), fields=['contact'], name='case_contact'),
        ),
        migrations.AddIndex(
            model_name='contact',
            index=models.Index(condition=models.Q(('account__isnull', False)), fields=['account'], name='contact_account'),
        ),
        migrations.AddIndex(
            model_name='contact',
            index=models.Index(condition=models.Q(('reports_to__isnull', False)), fields=['reports_to'], name='contact_reports_to'),
        ),
        migrations.AddIndex(
            model_name='deal',
            index=models.Index(condition=models.Q(('account__isnull', False)), fields=['account'], name='deal_account'),
        ),
        migrations.AddIndex(
            model_name='deal',
            index=models.Index(condition=models.Q(('contact__isnull', False)), fields=['contact'], name='deal_contact'),
        ),
        migrations.AddIndex(
            model_name='deal',
            index=models.Index(condition=models.Q(('campaign__isnull', False)), fields=['campaign'], name='deal_campaign'),
        ),
        migrations.AddIndex(
            model_name='invoice',
            index=models.Index(condition=models.Q(('account__isnull', False)), fields=['account'], name='invoice_account'),
        ),
        migrations.AddIndex(
            model_name='invoice',
            index=models.Index(condition=models.Q(('contact__isnull', False)), fields=['contact'], name='invoice_contact'),
        ),
        migrations.AddIndex(
            model_name='invoice',
            index=models.Index(condition=models.Q(('deal__isnull', False)), fields=['deal'], name='invoice_deal'),
        ),
        migrations.AddIndex(
            model_name='invoice',
            index=models.Index(condition=models.Q(('quote__isnull', False)), fields=['quote'], name='invoice_quote'),
        ),
        migrations.AddIndex(
            model_name='lead',
            index=models.Index(condition=models.Q(('converted_account__isnull', False)), fields=['converted_account'], name='lead_converted_account'),
        ),
        migrations.AddIndex(
            model_name='lead',
            index=models.Index(condition=models.Q(('converted_contact__isnull', False)), fields=['converted_contact'], name='lead_converted_contact'),
        ),
        migrations.AddIndex(
            model_name='lead',
            index=models.Index(condition=models.Q(('converted_deal__isnull', False)), fields=['converted_deal'], name='lead_converted_deal'),
        ),
        migrations.AddIndex(
            model_name='lineitem',
            index=models.Index(condition=models.Q(('product__isnull', False)), fields=['product'], name='lineitem_product'),
        ),
        migrations.AddIndex(
            model_name='quote',
            index=models.Index(condition=models.Q(('account__isnull', False)), fields=['account'], name='quote_account'),
        ),
        migrations.AddIndex(
            model_name='quote',
            index=models.Index(condition=models.Q(('contact__isnull', False)), fields=['contact'], name='quote_contact'),
        ),
        migrations.AddIndex(
            model_name='quote',
            index=models.Index(condition=models.Q(('deal__isnull', False)), fields=['deal'], name='quote_deal'),
        ),
    ]
