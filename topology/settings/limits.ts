/** The number of addresses that the address plan keeps for gateways. */
export const mostGateways = 5;
