"""Creates the tables of template.yaml on simulated AWS."""

from typing import Any

from harness.template import resources

_TAKEN = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")


def create_tables(client: Any) -> dict[str, str]:
    """Creates each table of the template under its logical ID. Returns the names by these IDs."""
    tables = resources("AWS::DynamoDB::Table")
    for name, properties in tables.items():
        wanted = {key: value for key, value in properties.items() if key in _TAKEN}
        client.create_table(TableName=name, **wanted)
    return {name: name for name in tables}


def items(client: Any, table: str) -> list[dict[str, Any]]:
    """Returns all items of a table in DynamoDB's notation."""
    rows: list[dict[str, Any]] = client.scan(TableName=table, ConsistentRead=True)["Items"]
    return rows
