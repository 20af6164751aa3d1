import Stages
import TLSConversations
import Testing

@testable import TLS

/// The traces of RFC 8448.
@Suite struct KeyScheduleTests {
  @Test(arguments: Trace.all) func keysFollowFromSecrets(_ trace: Trace) {
    for entry in trace.secrets {
      let secret = bytes(entry.secret)
      #expect(KeyDerivation.expandLabel(secret, "key", length: 16, hash: .sha256) == bytes(entry.key), "\(entry.label)")
      #expect(KeyDerivation.expandLabel(secret, "iv", length: 12, hash: .sha256) == bytes(entry.vector), "\(entry.label)")
    }
  }

  /// Every encrypted record opens under the keys of its time and the next sequence number, and has the content that the RFC states.
  @Test(arguments: Trace.all) func everyRecordOpens(_ trace: Trace) throws {
    let suite = CipherSuite(number: 0x1301)
    var protections: [SecretLabel: RecordProtection] = [:]
    for entry in trace.secrets { protections[entry.label] = RecordProtection(suite: suite, trafficSecret: bytes(entry.secret)) }
    var numbers: [SecretLabel: UInt64] = [:]
    var labels: [Bool: SecretLabel] = [
      true: protections[.clientEarly] == nil ? .clientHandshake : .clientEarly, false: .serverHandshake,
    ]
    var clear: [UInt8] = []
    for record in trace.records {
      guard let content = record.content, let label = labels[record.isFromClient] else { continue }
      let bytes = bytes(record.hexadecimal)
      let head = RecordHead(type: bytes[0], version: 0x0303, length: bytes.count - RecordHead.size)
      let body = Array(bytes[RecordHead.size...])
      let number = numbers[label, default: 0]
      numbers[label] = number + 1
      let opened = try #require(
        protections[label]?.open(head, body.span, sequence: number, previous: [], into: &clear), "record \(number) of \(label)")
      #expect(opened.type == content.type && opened.content.count == content.length)
      guard opened.type == RecordHead.ContentType.handshake else { continue }
      var reader = HandshakeReader()
      reader.append(clear.span.extracting(opened.content)) { type, _ in
        if type == HandshakeReader.MessageType.endOfEarlyData { labels[record.isFromClient] = .clientHandshake }
        if type == HandshakeReader.MessageType.finished {
          labels[record.isFromClient] = record.isFromClient ? .clientTraffic : .serverTraffic
        }
      }
    }
  }

  /// The whole connection, record by record, with the secrets that a key log has.
  @Test(arguments: Trace.all, [false, true]) func theStageReadsTheConnection(_ trace: Trace, _ bytewise: Bool) throws {
    let store = SecretStore()
    let random = bytes(trace.records[0].hexadecimal)[11..<43]
    for entry in trace.secrets {
      store.add(log: Array("\(entry.label.text) \([UInt8](random).hexadecimal) \(entry.secret)\n".utf8).span)
    }
    let feeding = Feeding(store)
    var offsets: [Int64] = [0, 0]
    for (index, record) in trace.records.enumerated() {
      let sender: Sender = record.isFromClient ? .originator : .responder
      let stamp = ByteStamp(nanoseconds: 0, packet: UInt64(index + 1))
      let bytes = bytes(record.hexadecimal)
      for piece in bytewise ? bytes.map({ [$0] }) : [bytes] {
        feeding.stage.bytes(piece.span, at: offsets[Int(sender.rawValue)], stamp: stamp, from: sender)
        offsets[Int(sender.rawValue)] += Int64(piece.count)
      }
    }
    feeding.end()
    // RFC 8448: fifty bytes that count up, behind six of early data in section 4.
    let data = trace.section <= 4 ? [UInt8](0..<50) : []
    #expect(feeding.recorder.bytes(of: .originator) == (trace.section == 4 ? Array("ABCDEF".utf8) : []) + data)
    #expect(feeding.recorder.bytes(of: .responder) == data)
    #expect(feeding.recorder.gaps == [[], []] && feeding.recorder.ends == [[.finished], [.finished]])
    let facts = feeding.stage.facts
    #expect(facts.isClear && facts.version == "1.3" && facts.suite == "TLS_AES_128_GCM_SHA256" && facts.serverName == "server")
    #expect(facts.isResumed == (trace.section == 4))
    #expect(facts.certificates.count == (trace.section == 4 ? 0 : 1))
  }
}

/// Bytes of hexadecimal digits.
func bytes(_ digits: String) -> [UInt8] {
  let values = digits.compactMap(\.hexDigitValue)
  return stride(from: 0, to: values.count - 1, by: 2).map { UInt8(values[$0] << 4 | values[$0 + 1]) }
}
