import Glibc

/// Which packets a made capture holds.
///
/// The same plan always gives the same bytes.
struct CapturePlan {
  enum Order: String {
    /// A connection sends up to 24 packets before another one comes.
    case bursts
    /// Every packet belongs to another connection than the one before.
    case scattered
  }

  var connections = 1_000
  /// From the server, of each connection.
  var bytes = 1_000_000
  var segment = 1_460
  /// Open at once.
  var concurrency = 64
  var order = Order.bursts
  /// Of a thousand data packets, how many change places with one up to five later.
  var reordered = 0
  /// Of a thousand data packets, how many come twice.
  var repeated = 0
  var content = Content.arbitrary
  var serverPort: UInt16 = 80

  /// Bytes that the connections carry.
  enum Content {
    case arbitrary
    /// The request and the responses of HTTP, one response for each connection in turn.
    case http(HTTPMessages)
    /// TLS 1.3; the key log is written to the path of the capture with `.keys`.
    case tls
  }
}

/// Writes captures of whole connections: handshake, requests and responses, of these with an ACK after every 16 segments, FINs.
struct CaptureMaker {
  private struct Packet {
    var fromServer = false
    var sequence: UInt32 = 0
    var acknowledgment: UInt32 = 0
    var flags: UInt8 = 0x10
    /// Place of its payload in the bytes of the connection, or in the blob where the connection has none of its own.
    var payload = 0..<0
  }

  private struct Connection {
    var number: Int
    var step = 0
    /// Bytes that the client and the server have sent.
    var sent = (client: 0, server: 0)
    /// What is still to be sent, the next first, with places as in `Packet`.
    var flights: [TLSRecords.Flight]
    var bytes: [UInt8]?
    var window: [Packet] = []
  }

  private let plan: CapturePlan
  private let blob: [UInt8]
  private var random: UInt64 = 1
  private var output: [UInt8] = []
  private var microseconds: UInt64 = 1_700_000_000_000_000
  private let descriptor: Int32
  private(set) var packets = 0
  private var keyLog = ""

  private init(_ plan: CapturePlan, _ descriptor: Int32) {
    self.plan = plan
    self.descriptor = descriptor
    if case .http(let http) = plan.content {
      blob = http.bytes
      return
    }
    var state: UInt64 = 99
    blob = (0..<(1 << 20)).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: state >> 56)
    }
  }

  /// Makes the capture at `path`.
  ///
  /// - Returns: the number of its packets.
  static func make(_ plan: CapturePlan, path: String) throws -> Int {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    guard descriptor >= 0 else { throw BenchError("\(path): cannot be made") }
    defer { close(descriptor) }
    var maker = CaptureMaker(plan, descriptor)
    try maker.run()
    if case .tls = plan.content {
      guard let file = fopen(keyLog(of: path), "w") else { throw BenchError("\(keyLog(of: path)): cannot be made") }
      fputs(maker.keyLog, file)
      fclose(file)
    }
    return maker.packets
  }

  /// Path of the key log of a capture.
  static func keyLog(of path: String) -> String { path + ".keys" }

  private mutating func below(_ bound: Int) -> Int {
    random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int((random >> 33) % UInt64(bound))
  }

  private mutating func run() throws {
    output.append(contentsOf: [0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0])
    var open: [Connection] = []
    var next = 0
    var turn = 0
    while next < plan.connections || !open.isEmpty {
      while next < plan.connections, open.count < plan.concurrency {
        open.append(try connection(next))
        next += 1
      }
      turn += 1
      let index = plan.order == .scattered ? turn % open.count : below(open.count)
      let burst = plan.order == .scattered ? 1 : 1 + below(23)
      for _ in 0..<burst {
        guard let packet = advance(&open[index]) else {
          open.swapAt(index, open.count - 1)
          open.removeLast()
          break
        }
        append(packet, of: open[index])
        if output.count > 4 << 20 { try flush() }
      }
    }
    try flush()
  }

  private mutating func connection(_ number: Int) throws -> Connection {
    func exchange(_ request: Range<Int>, _ response: Range<Int>) -> [TLSRecords.Flight] {
      [TLSRecords.Flight(fromServer: false, bytes: request), TLSRecords.Flight(fromServer: true, bytes: response)]
    }
    if case .http(let http) = plan.content {
      return Connection(number: number, flights: exchange(http.request, http.response(number)))
    }
    let total = plan.bytes / 2 + below(plan.bytes + 1)
    guard case .tls = plan.content else { return Connection(number: number, flights: exchange(0..<60, 0..<total)) }
    let start = number &* 977 % blob.count
    var response: [UInt8] = []
    while response.count < total { response += blob[(response.isEmpty ? start : 0)...].prefix(total - response.count) }
    let records = try TLSRecords(number: number, response: response)
    keyLog += records.keyLog
    return Connection(number: number, flights: records.flights, bytes: records.bytes)
  }

  /// The next packet of a connection; nil after its last.
  private mutating func advance(_ connection: inout Connection) -> Packet? {
    if let packet = connection.window.popLast() { return packet }
    let client = UInt32(truncatingIfNeeded: connection.number &* 2_654_435_761)
    let server = UInt32(truncatingIfNeeded: connection.number &* 40_503 &+ 77)
    if connection.step == 3, let flight = connection.flights.first {
      if flight.fromServer {
        fillWindow(&connection, client, server)
      } else {
        connection.window = clientFlight(&connection, client, server).reversed()
      }
      return connection.window.popLast()
    }
    let received = client &+ 1 &+ UInt32(truncatingIfNeeded: connection.sent.client)
    let ahead = server &+ 1 &+ UInt32(truncatingIfNeeded: connection.sent.server)
    defer { connection.step += 1 }
    switch connection.step {
    case 0: return Packet(sequence: client, flags: 2)
    case 1: return Packet(fromServer: true, sequence: server, acknowledgment: client &+ 1, flags: 0x12)
    case 2: return Packet(sequence: client &+ 1, acknowledgment: server &+ 1)
    case 3: return Packet(fromServer: true, sequence: ahead, acknowledgment: received, flags: 0x11)
    case 4: return Packet(sequence: received, acknowledgment: ahead &+ 1, flags: 0x11)
    case 5: return Packet(fromServer: true, sequence: ahead &+ 1, acknowledgment: received &+ 1)
    default: return nil
    }
  }

  /// All packets of the client's next flight, in order.
  private func clientFlight(_ connection: inout Connection, _ client: UInt32, _ server: UInt32) -> [Packet] {
    let flight = connection.flights.removeFirst()
    return stride(from: flight.bytes.lowerBound, to: flight.bytes.upperBound, by: plan.segment).map { start in
      let payload = start..<min(start + plan.segment, flight.bytes.upperBound)
      defer { connection.sent.client += payload.count }
      return Packet(
        sequence: client &+ 1 &+ UInt32(truncatingIfNeeded: connection.sent.client),
        acknowledgment: server &+ 1 &+ UInt32(truncatingIfNeeded: connection.sent.server), flags: 0x18, payload: payload)
    }
  }

  /// Up to 16 data packets of the server's flight at hand and the ACK behind them, the first last.
  private mutating func fillWindow(_ connection: inout Connection, _ client: UInt32, _ server: UInt32) {
    let acknowledging = client &+ 1 &+ UInt32(truncatingIfNeeded: connection.sent.client)
    func position() -> UInt32 { server &+ 1 &+ UInt32(truncatingIfNeeded: connection.sent.server) }
    var window: [Packet] = []
    while window.count < 16, let flight = connection.flights.first, flight.fromServer {
      let length = min(plan.segment, flight.bytes.count)
      var start = flight.bytes.lowerBound
      if case .arbitrary = plan.content { start = (connection.number &* 977 &+ connection.sent.server) % (blob.count - length) }
      window.append(
        Packet(fromServer: true, sequence: position(), acknowledgment: acknowledging, payload: start..<(start + length)))
      connection.sent.server += length
      connection.flights[0].bytes.removeFirst(length)
      if connection.flights[0].bytes.isEmpty { connection.flights.removeFirst() }
    }
    for index in window.indices.dropLast() where plan.reordered > 0 && below(1_000) < plan.reordered {
      window.swapAt(index, min(window.count - 1, index + 1 + below(5)))
    }
    var sent: [Packet] = []
    for packet in window {
      sent.append(packet)
      if plan.repeated > 0, below(1_000) < plan.repeated { sent.append(packet) }
    }
    sent.append(Packet(sequence: acknowledging, acknowledgment: position()))
    connection.window = sent.reversed()
  }

  /// Record, Ethernet, IPv4 and TCP headers, payload.
  ///
  /// Checksums are 0.
  private mutating func append(_ packet: Packet, of connection: Connection) {
    let number = connection.number
    packets += 1
    microseconds += 7
    let length = 54 + packet.payload.count
    for value in [UInt32(microseconds / 1_000_000), UInt32(microseconds % 1_000_000), UInt32(length), UInt32(length)] {
      withUnsafeBytes(of: value.littleEndian) { output.append(contentsOf: $0) }
    }
    output.append(contentsOf: [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0])
    append(0x4500, UInt16(length - 14), 0, 0x4000, 0x4006, 0)
    let client: UInt32 = 10 << 24 | UInt32(truncatingIfNeeded: number) & 0xff_ffff
    let server: UInt32 = 0xc0a8_0000 | UInt32(truncatingIfNeeded: number & 0xfff)
    let port = UInt16(truncatingIfNeeded: 1_024 + number % 60_000)
    append(packet.fromServer ? server : client)
    append(packet.fromServer ? client : server)
    append(packet.fromServer ? plan.serverPort : port, packet.fromServer ? port : plan.serverPort)
    append(packet.sequence)
    append(packet.acknowledgment)
    append(0x5000 | UInt16(packet.flags), 0xffff, 0, 0)
    output.append(contentsOf: (connection.bytes ?? blob)[packet.payload])
  }

  private mutating func append(_ words: UInt16...) {
    for word in words {
      output.append(UInt8(truncatingIfNeeded: word >> 8))
      output.append(UInt8(truncatingIfNeeded: word))
    }
  }

  private mutating func append(_ word: UInt32) { append(UInt16(truncatingIfNeeded: word >> 16), UInt16(truncatingIfNeeded: word)) }

  private mutating func flush() throws {
    var done = 0
    while done < output.count {
      let count = output.withUnsafeBytes { write(descriptor, $0.baseAddress.map { $0 + done }, $0.count - done) }
      guard count > 0 else { throw BenchError("the capture could not be written: no room?") }
      done += count
    }
    output.removeAll(keepingCapacity: true)
  }
}
