/** The maximum number of gateways: the address plan reserves this many addresses. */
export const mostGateways = 5;
