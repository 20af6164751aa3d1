import Testing

@testable import TLS

@Suite struct KeyLogTests {
  private static let random = String(repeating: "5a", count: 32)
  private static let secret = String(repeating: "c3", count: 48)

  private func entries(_ text: String, pieces: Int = .max) -> [KeyLogEntry] {
    var reader = KeyLogReader()
    var entries: [KeyLogEntry] = []
    let bytes = Array(text.utf8)
    for start in stride(from: 0, to: bytes.count, by: min(pieces, max(1, bytes.count))) {
      let piece = Array(bytes[start..<min(bytes.count, start + min(pieces, bytes.count))])
      reader.read(piece.span) { entry, _ in entries.append(entry) }
    }
    reader.finish { entry, _ in entries.append(entry) }
    return entries
  }

  @Test func everyLabelIsKnown() throws {
    for label in SecretLabel.allCases {
      let found = entries("\(label.text) \(Self.random) \(Self.secret)\n")
      #expect(found.count == 1 && found[0].label == label)
      #expect(found[0].name == .random(try #require(ClientRandom([UInt8](repeating: 0x5a, count: 32)))))
      #expect(found[0].secret == [UInt8](repeating: 0xc3, count: 48))
    }
  }

  @Test func untidyLinesAreRead() {
    let line = "client_random \(Self.random.uppercased()) \(Self.secret.uppercased())"
    for text in [
      line, line + "\r\n", "\t \(line)  \r\n", "# comment\n\n\(line)\njunk \u{1}\n", String(repeating: "x", count: 5_000) + "\n" + line,
    ] {
      for pieces in [1, 7, 1_000, .max] { #expect(entries(text, pieces: pieces).count == 1) }
    }
  }

  @Test func whatIsNoSecretIsPassedOver() {
    for text in [
      "", "CLIENT_RANDOM", "CLIENT_RANDOM zz \(Self.secret)", "CLIENT_RANDOM \(Self.random)",
      "CLIENT_RANDOM \(Self.random) \(Self.secret) more",
      "CLIENT_RANDOM \(Self.random) \(Self.secret.dropLast())", "CLIENT_RANDOM \(Self.random.dropLast(2)) \(Self.secret)",
      "#CLIENT_RANDOM \(Self.random) \(Self.secret)", "EXPORTER_SECRET \(Self.random) \(Self.secret)",
      "CLIENT_TRAFFIC_SECRET_0 \(Self.random) c3c3", "RSA Session-ID: Master-Key:\(Self.secret)", "RSA 00 11",
      "CLIENT_RANDOM \(Self.random) \(Self.secret)" + String(repeating: " ", count: 2_000),
    ] {
      #expect(entries(text).isEmpty, "\(text.prefix(60))")
    }
  }

  /// Whatever pieces the log comes in, each entry is found with the offset of its line.
  @Test(arguments: [1, 2, 3, 64, 150, 1_024, 1_025, 100_000]) func offsetsAreThoseOfTheLines(_ pieces: Int) {
    let line = "CLIENT_RANDOM \(Self.random) \(Self.secret)"
    let long = line + String(repeating: " ", count: KeyLogReader.longestLine + 1)
    let fits = line + String(repeating: " ", count: KeyLogReader.longestLine - line.utf8.count)
    let lines = ["", line, "# \(line)", long, line, fits + " ", fits, "", line.lowercased() + "\r", line]
    let wanted = [1, 4, 6, 8, 9].map { index in Int64(lines[..<index].reduce(0) { $0 + $1.utf8.count + 1 }) }
    var reader = KeyLogReader()
    var offsets: [Int64] = []
    let bytes = Array(lines.joined(separator: "\n").utf8)
    for start in stride(from: 0, to: bytes.count, by: pieces) {
      reader.read(Array(bytes[start..<min(bytes.count, start + pieces)]).span) { offsets.append($1) }
    }
    reader.finish { offsets.append($1) }
    #expect(offsets == wanted)
  }

  @Test func aSessionIsNamedByItsID() {
    let found = entries("RSA Session-ID:0011AAff Master-Key:\(Self.secret)\n")
    #expect(found.first?.name == .session([0x00, 0x11, 0xaa, 0xff]))
    let store = SecretStore()
    for entry in found { store.add(entry) }
    #expect(store.master(ofSession: [0x00, 0x11, 0xaa, 0xff]) == [UInt8](repeating: 0xc3, count: 48))
    #expect(store.master(ofSession: [0x00]) == nil)
  }

  @Test func theLastSecretOfALabelCounts() throws {
    let store = SecretStore()
    let other = String(repeating: "11", count: 48)
    store.add(log: Array("CLIENT_RANDOM \(Self.random) \(other)\nCLIENT_RANDOM \(Self.random) \(Self.secret)\n".utf8).span)
    let random = try #require(ClientRandom([UInt8](repeating: 0x5a, count: 32)))
    #expect(store.secrets(of: random)?[.master] == [UInt8](repeating: 0xc3, count: 48))
    var seen = 0
    store.forEachConnection { _, _ in
      seen += 1
      return true
    }
    #expect(seen == 1)
  }
}
