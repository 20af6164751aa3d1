internal import CPcap
public import Packets

extension LinkType {
  /// Name and description of the link type in libpcap, `EN10MB (Ethernet)`; nil for a number that libpcap does not know.
  public var libpcapName: String? {
    guard let name = pcap_datalink_val_to_name(rawValue) else { return nil }
    guard let text = pcap_datalink_val_to_description(rawValue) else { return String(cString: name) }
    return "\(String(cString: name)) (\(String(cString: text)))"
  }
}

/// The libpcap that the program is linked with.
public enum PcapLibrary {
  /// Version as libpcap states it: `libpcap version 1.10.3 (with TPACKET_V3)`.
  public static var version: String { String(cString: pcap_lib_version()) }
}
