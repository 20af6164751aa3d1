/// Frames of IEEE 802.11.
package enum WirelessFrame {
  /// Makes a frame of link type 105 with several packets: subframes of an A-MSDU, padded to a multiple of four bytes.
  package static func aggregate(_ packets: [[UInt8]]) -> [UInt8] {
    var frame: [UInt8] = [0x88, 1, 0, 0] + [UInt8](repeating: 2, count: 18) + [0, 0, 0x80, 0]
    for packet in packets {
      let data: [UInt8] = [0xaa, 0xaa, 3, 0, 0, 0, 8, 0] + packet
      frame += [UInt8](repeating: 3, count: 12) + [UInt8(data.count >> 8), UInt8(data.count & 255)] + data
      frame += [UInt8](repeating: 0, count: (4 - (14 + data.count) % 4) % 4)
    }
    return frame
  }
}
