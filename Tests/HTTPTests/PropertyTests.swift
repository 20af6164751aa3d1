import Stages
import Testing

@testable import HTTP

/// Pseudorandom numbers that are the same on every platform.
struct Random {
  var state: UInt64

  mutating func next(_ bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(truncatingIfNeeded: state >> 33) % max(1, bound)
  }
}

/// Tests on random conversations: segmentation does not change the result, and with loss every byte is right and at its offset.
@Suite struct PropertyTests {
  /// Body whose text contains its own offsets.
  private static func body(_ length: Int, _ seed: Int) -> String {
    var text = ""
    while text.utf8.count < length { text += "\(seed).\(text.utf8.count);" }
    return String(text.prefix(length))
  }

  /// Random conversation, and the body of each response by its path.
  private static func conversation(_ seed: Int) -> (turns: [Turn], bodies: [String: String]) {
    var random = Random(state: UInt64(seed) &* 977 &+ 5)
    var turns: [Turn] = []
    var bodies: [String: String] = [:]
    for number in 0..<(1 + random.next(6)) {
      let path = "/\(number)"
      let body = body(random.next(600), seed * 100 + number)
      switch random.next(4) {
      case 0:
        turns.append(.client("POST \(path) HTTP/1.1\r\nHost: h\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"))
      case 1:
        turns.append(.client("HEAD \(path) HTTP/1.1\r\nHost: h\r\n\r\n"))
        turns.append(.server("HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n"))
        continue
      default: turns.append(.client("GET \(path) HTTP/1.1\r\nHost: h\r\n\r\n"))
      }
      if random.next(5) == 0 { turns.append(.server("HTTP/1.1 100 Continue\r\n\r\n")) }
      bodies[path] = body
      if random.next(2) == 0 {
        turns.append(.server("HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"))
      } else {
        var chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        var rest = Substring(body)
        while !rest.isEmpty {
          let chunk = rest.prefix(1 + random.next(200))
          chunked += String(chunk.utf8.count, radix: 16) + "\r\n" + chunk + "\r\n"
          rest = rest.dropFirst(chunk.count)
        }
        turns.append(.server(chunked + "0\r\n\r\n"))
      }
      if random.next(6) == 0 { turns.append(.server("\r\n")) }
    }
    return (turns, bodies)
  }

  @Test(arguments: 0..<200) func anySegmentsGiveTheSameLines(_ seed: Int) {
    let (turns, _) = Self.conversation(seed)
    let whole = Talk(turns)
    var random = Random(state: UInt64(seed))
    let most = [1, 2, 5, 40, 300][seed % 5]
    let cut = Talk(turns, size: { 1 + random.next(most) })
    #expect(cut.lines == whole.lines)
    #expect(cut.imbalance(turns) == [0, 0] && whole.imbalance(turns) == [0, 0])
  }

  /// Drops pieces of the server's stream.
  @Test(arguments: 0..<300) func withLossEveryByteIsRight(_ seed: Int) throws {
    let (turns, bodies) = Self.conversation(seed)
    var random = Random(state: UInt64(seed) &+ 99)
    var lossy: [Turn] = []
    for turn in turns {
      guard !turn.isFromClient, let bytes = turn.bytes, random.next(3) == 0, bytes.count > 2 else {
        lossy.append(turn)
        continue
      }
      let start = random.next(bytes.count)
      let end = min(bytes.count, start + 1 + random.next(80))
      if start > 0 { lossy.append(.serverBytes(Array(bytes[..<start]))) }
      lossy.append(.serverGap(end - start))
      if end < bytes.count { lossy.append(.serverBytes(Array(bytes[end...]))) }
    }
    let talk = Talk(lossy, size: { 1 + random.next(50) })
    #expect(talk.imbalance(lossy) == [0, 0])
    for exchange in talk.exchanges {
      guard let body = exchange.response?.body, let kept = body.receiver as? Keeper.Kept,
        body.framing == .length || body.framing == .chunked
      else { continue }
      let path = String(decoding: exchange.target ?? [], as: UTF8.self)
      // The content of a response without a request must equal one of the bodies.
      let candidates = exchange.target == nil ? Array(bodies.values) : bodies[path].map { [$0] } ?? []
      let isRight = candidates.contains { candidate in
        let right = Array(candidate.utf8)
        return kept.content.count <= right.count
          && kept.content.indices.allSatisfy { index in
            kept.content[index] == right[index] || body.gaps.contains { $0.offset <= index && Int64(index) < $0.offset + $0.length }
          }
      }
      #expect(isRight, "\(Talk.line(exchange))")
      if body.isComplete { #expect(candidates.contains { $0.utf8.elementsEqual(kept.content) }) }
    }
  }

  /// Random bytes in every state do not trap, and every byte is counted once.
  @Test(arguments: 0..<300) func anyBytesAreCounted(_ seed: Int) {
    var random = Random(state: UInt64(seed) &* 31 &+ 7)
    var (turns, _) = Self.conversation(seed)
    for _ in 0..<(1 + random.next(4)) {
      let place = random.next(turns.count)
      guard var bytes = turns[place].bytes, !bytes.isEmpty else { continue }
      for _ in 0..<(1 + random.next(5)) { bytes[random.next(bytes.count)] = UInt8(random.next(256)) }
      turns[place] = turns[place].isFromClient ? .clientBytes(bytes) : .serverBytes(bytes)
    }
    let whole = Talk(turns)
    let cut = Talk(turns, size: { 1 + random.next(30) })
    #expect(whole.imbalance(turns) == [0, 0] && cut.imbalance(turns) == [0, 0])
    #expect(cut.lines == whole.lines)
  }
}
