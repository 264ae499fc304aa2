export { Refused } from "gatehouse-client";
