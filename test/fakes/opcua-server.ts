import { mkdtempSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { tmpdir } from 'node:os'
import * as opcua from 'node-opcua'
import { OPCUAServer } from 'node-opcua'
import { makeOwnCertificate, type OwnCertificate } from '#ingest/opcua/own-certificate.ts'

const nothing = () => {}
// It prints whatever goes wrong, and here much goes wrong on purpose.
opcua.setWarningLogger(nothing)
opcua.setErrorLogger(nothing)

export type FakeNode = Readonly<{
  type: keyof typeof opcua.DataType
  value: unknown
  writable?: boolean
  /** For deadbands in percent. */
  range?: readonly [number, number]
}>

export type OpcUaServerOptions = Readonly<{
  /** By the text of the node id in namespace 1: `Pump.Pressure`. */
  nodes: Readonly<Record<string, FakeNode>>
  security?: 'SignAndEncrypt' | 'None'
  users?: Readonly<Record<string, string>>
  anonymous?: boolean
  certificate?: OwnCertificate
  port?: number
  /** Refuses our certificate. */
  isStrict?: boolean
}>

/** What a server is known by; `validMs` from now, or until a moment that is past. */
export function serverCertificate(validMs = 3_600_000, site = 'fake-plc'): Promise<OwnCertificate> {
  return makeOwnCertificate(mkdtempSync(join(tmpdir(), 'opcua-fake-')), { site, now: Date.now(), validMs })
}

function variantOf(type: FakeNode['type'], value: unknown) {
  return { dataType: opcua.DataType[type], arrayType: opcua.VariantArrayType.Scalar, value: value as never }
}

/** A real OPC UA server with a few variables, and moods. */
export async function opcuaServer(options: OpcUaServerOptions) {
  const certificate = options.certificate ?? (await serverCertificate())
  const { security = 'SignAndEncrypt', users = {}, anonymous = Object.keys(users).length === 0 } = options
  const values = new Map(Object.entries(options.nodes).map(([name, node]) => [name, node.value]))
  /** Source times that were given; a restart keeps them, as a controller with a battery does. */
  const times = new Map<string, Date>()
  let port = options.port ?? 0
  let running = await start()

  async function start() {
    const status = options.isStrict ? opcua.StatusCodes.BadCertificateUntrusted : opcua.StatusCodes.Good
    const done = async () => {}
    const everybody = {
      referenceCounter: 0,
      initialize: done,
      dispose: done,
      checkCertificate: async () => status,
      getTrustStatus: async () => status,
      verifyCertificate: async () => 'Good',
      trustCertificate: done,
      rejectCertificate: done,
      addIssuer: done,
      addRevocationList: done,
    }
    const server = new OPCUAServer({
      port,
      host: '127.0.0.1',
      hostname: '127.0.0.1',
      serverInfo: { applicationUri: certificate.applicationUri },
      certificateFile: certificate.certFile,
      privateKeyFile: certificate.keyFile,
      serverCertificateManager: everybody as never,
      userCertificateManager: everybody as never,
      securityModes: [opcua.MessageSecurityMode[security]],
      securityPolicies: [security === 'None' ? opcua.SecurityPolicy.None : opcua.SecurityPolicy.Basic256Sha256],
      allowAnonymous: anonymous,
      userManager: { isValidUser: (user: string, secret: string) => users[user] === secret },
    })
    await server.initialize()
    const space = server.engine.addressSpace!
    const namespace = space.getOwnNamespace()
    const folder = namespace.addObject({ organizedBy: space.rootFolder.objects, browseName: 'PumpRoom' })
    const variables = new Map(
      Object.entries(options.nodes).map(([name, { type, writable, range }]) => {
        const place = {
          componentOf: folder,
          browseName: name,
          nodeId: `s=${name}`,
          dataType: type,
          minimumSamplingInterval: 20,
          accessLevel: writable ? 'CurrentRead | CurrentWrite' : 'CurrentRead',
          userAccessLevel: writable ? 'CurrentRead | CurrentWrite' : 'CurrentRead',
        }
        const variable = range
          ? namespace.addAnalogDataItem({ ...place, engineeringUnitsRange: { low: range[0], high: range[1] } } as never)
          : namespace.addVariable(place)
        variable.setValueFromSource(variantOf(type, values.get(name)), opcua.StatusCodes.Good, times.get(name))
        return [name, variable] as const
      }),
    )
    await server.start()
    port = (server.endpoints[0] as unknown as { port: number }).port
    return { server, variables }
  }
  const subscriptions = () =>
    Object.values((running.server.engine as unknown as { _sessions: object })._sessions).flatMap((session) => [
      ...(session as { publishEngine: { subscriptions: unknown[] } }).publishEngine.subscriptions,
    ]) as { publishingEnabled: boolean; setPublishingMode(is: boolean): void; terminate(): void }[]

  return {
    endpoint: () => `opc.tcp://127.0.0.1:${port}`,
    port: () => port,
    certificate,
    set(name: string, value: unknown, how: { status?: opcua.StatusCode; at?: number } = {}) {
      values.set(name, value)
      const at = how.at === undefined ? undefined : new Date(how.at)
      if (at) times.set(name, at)
      else times.delete(name)
      running.variables
        .get(name)!
        .setValueFromSource(
          variantOf(options.nodes[name]!.type, value),
          how.status ?? opcua.StatusCodes.Good,
          at as never,
        )
    },
    valueOf: (name: string): unknown => running.variables.get(name)!.readValue().value.value,
    sessions: () => running.server.engine.currentSessionCount,
    subscriptions: () => subscriptions().length,
    /** Its subscriptions live on, and tell nothing any more. */
    silence() {
      for (const subscription of subscriptions()) subscription.setPublishingMode(false)
    },
    /** Its subscriptions are gone, as after their lifetime. */
    dropSubscriptions() {
      for (const subscription of subscriptions()) subscription.terminate()
    },
    async stop() {
      await running.server.shutdown(0)
    },
    /** On the port that it had. */
    async start(certificateNow?: OwnCertificate) {
      if (certificateNow) Object.assign(certificate, certificateNow)
      running = await start()
    },
  }
}

/** Takes every connection and answers with what no client understands. */
export async function garbageServer(answer: Buffer): Promise<Readonly<{ endpoint: string; stop(): Promise<void> }>> {
  const server = createServer((socket) => {
    socket.on('error', nothing)
    socket.on('data', () => socket.write(answer))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    endpoint: `opc.tcp://127.0.0.1:${port}`,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
