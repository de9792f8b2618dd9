import type { OPCUAServer } from 'node-opcua'

export type AddressSpace = NonNullable<OPCUAServer['engine']['addressSpace']>
export type Namespace = ReturnType<AddressSpace['getOwnNamespace']>
export type UAObject = ReturnType<Namespace['addObject']>
