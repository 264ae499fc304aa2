// GET /profile with the AWS SDK for JavaScript v3. esbuild bundles it into one file.
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, GetCommand } from "@aws-sdk/lib-dynamodb";
import { createPublicKey } from "node:crypto";
import jwt from "jsonwebtoken";

export const client = DynamoDBDocumentClient.from(new DynamoDBClient({}));

const keys = Object.fromEntries(
  JSON.parse(process.env.JWKS).keys.map((key) => [key.kid, createPublicKey({ key, format: "jwk" })]),
);

export async function handler(event) {
  const token = event.headers.authorization.replace("Bearer ", "");
  const { kid } = jwt.decode(token, { complete: true }).header;
  const claims = jwt.verify(token, keys[kid], { algorithms: ["RS256"], audience: "gatehouse" });
  const Key = { pk: `USER#${claims.sub}`, sk: "PROFILE" };
  const get = new GetCommand({ TableName: process.env.ACCOUNTS_TABLE, Key, ConsistentRead: true });
  const { id, email, name, email_verified } = (await client.send(get)).Item;
  const headers = { "content-type": "application/json" };
  return { statusCode: 200, headers, body: JSON.stringify({ id, email, name, email_verified }) };
}
