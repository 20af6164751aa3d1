import Testing

@testable import TLS

@Suite struct KeyScheduleTests {
  /// RFC 8448, section 3: keys of the simple handshake.
  @Test func keysOfRFC8448() {
    let secret = bytes("b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21")
    #expect(KeyDerivation.expandLabel(secret, "key", length: 16, hash: .sha256) == bytes("dbfaa693d1762c5b666af5d950258d01"))
    #expect(KeyDerivation.expandLabel(secret, "iv", length: 12, hash: .sha256) == bytes("5bd3c71b836e0b76bb73265f"))
  }
}

/// Bytes of hexadecimal digits.
func bytes(_ digits: String) -> [UInt8] {
  let values = digits.compactMap(\.hexDigitValue)
  return stride(from: 0, to: values.count - 1, by: 2).map { UInt8(values[$0] << 4 | values[$0 + 1]) }
}
