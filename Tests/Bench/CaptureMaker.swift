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
  /// The request and the responses of HTTP, one response for each connection in turn; nil for arbitrary bytes.
  var http: HTTPMessages?
}

/// Writes captures of whole connections: handshake, request, response with an ACK after every 16 segments, FINs.
struct CaptureMaker {
  private struct Packet {
    var fromServer = false
    var sequence: UInt32 = 0
    var acknowledgment: UInt32 = 0
    var flags: UInt8 = 0x10
    /// Where in the blob its payload begins, and how long it is.
    var payload = 0..<0
  }

  private struct Connection {
    var number: Int
    var step = 0
    var sent = 0
    var total: Int
    var window: [Packet] = []
  }

  private let plan: CapturePlan
  private let blob: [UInt8]
  private var random: UInt64 = 1
  private var output: [UInt8] = []
  private var microseconds: UInt64 = 1_700_000_000_000_000
  private let descriptor: Int32
  private(set) var packets = 0

  private init(_ plan: CapturePlan, _ descriptor: Int32) {
    self.plan = plan
    self.descriptor = descriptor
    if let http = plan.http {
      blob = http.bytes
      return
    }
    var state: UInt64 = 99
    blob = (0..<(1 << 20)).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: state >> 56)
    }
  }

  /// Makes the capture at `path`; answers how many packets it has.
  static func make(_ plan: CapturePlan, path: String) throws -> Int {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    guard descriptor >= 0 else { throw BenchError("\(path): cannot be made") }
    defer { close(descriptor) }
    var maker = CaptureMaker(plan, descriptor)
    try maker.run()
    return maker.packets
  }

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
        let total = plan.http?.response(next).count ?? plan.bytes / 2 + below(plan.bytes + 1)
        open.append(Connection(number: next, total: total))
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
        append(packet, of: open[index].number)
        if output.count > 4 << 20 { try flush() }
      }
    }
    try flush()
  }

  /// The next packet of a connection; nil after its last.
  private mutating func advance(_ connection: inout Connection) -> Packet? {
    let client = UInt32(truncatingIfNeeded: connection.number &* 2_654_435_761)
    let server = UInt32(truncatingIfNeeded: connection.number &* 40_503 &+ 77)
    let request = plan.http?.request.count ?? 60
    let received = client &+ 1 &+ UInt32(request)
    let ahead = server &+ 1 &+ UInt32(truncatingIfNeeded: connection.sent)
    if let packet = connection.window.popLast() { return packet }
    defer { connection.step += 1 }
    switch connection.step {
    case 0: return Packet(sequence: client, flags: 2)
    case 1: return Packet(fromServer: true, sequence: server, acknowledgment: client &+ 1, flags: 0x12)
    case 2: return Packet(sequence: client &+ 1, acknowledgment: server &+ 1)
    case 3: return Packet(sequence: client &+ 1, acknowledgment: server &+ 1, flags: 0x18, payload: 0..<request)
    case 4 where connection.sent < connection.total:
      connection.step = 3
      fillWindow(&connection, from: server &+ 1, acknowledging: received)
      return connection.window.popLast()
    case 4: return Packet(fromServer: true, sequence: ahead, acknowledgment: received, flags: 0x11)
    case 5: return Packet(sequence: received, acknowledgment: ahead &+ 1, flags: 0x11)
    case 6: return Packet(fromServer: true, sequence: ahead &+ 1, acknowledgment: received &+ 1)
    default: return nil
    }
  }

  /// Up to 16 data packets and the ACK behind them, the first last.
  private mutating func fillWindow(_ connection: inout Connection, from base: UInt32, acknowledging: UInt32) {
    var window: [Packet] = []
    while window.count < 16, connection.sent < connection.total {
      let length = min(plan.segment, connection.total - connection.sent)
      let start =
        plan.http.map { $0.response(connection.number).lowerBound + connection.sent }
        ?? (connection.number &* 977 &+ connection.sent) % (blob.count - length)
      window.append(
        Packet(
          fromServer: true, sequence: base &+ UInt32(truncatingIfNeeded: connection.sent), acknowledgment: acknowledging,
          payload: start..<(start + length)))
      connection.sent += length
    }
    for index in window.indices.dropLast() where plan.reordered > 0 && below(1_000) < plan.reordered {
      window.swapAt(index, min(window.count - 1, index + 1 + below(5)))
    }
    var sent: [Packet] = []
    for packet in window {
      sent.append(packet)
      if plan.repeated > 0, below(1_000) < plan.repeated { sent.append(packet) }
    }
    sent.append(Packet(sequence: acknowledging, acknowledgment: base &+ UInt32(truncatingIfNeeded: connection.sent)))
    connection.window = sent.reversed()
  }

  /// Record, Ethernet, IPv4 and TCP headers, payload.
  ///
  /// Checksums are 0.
  private mutating func append(_ packet: Packet, of number: Int) {
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
    append(packet.fromServer ? 80 : port, packet.fromServer ? port : 80)
    append(packet.sequence)
    append(packet.acknowledgment)
    append(0x5000 | UInt16(packet.flags), 0xffff, 0, 0)
    output.append(contentsOf: blob[packet.payload])
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
