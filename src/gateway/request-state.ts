/** What a request carries from one middleware to the next. */
export type GatewayState = {
  requestId: string;
  /** What helps somebody who does not know whether this request had its effect. */
  ifUnknown?: string;
};
