export { Gatehouse } from "gatehouse-client";
