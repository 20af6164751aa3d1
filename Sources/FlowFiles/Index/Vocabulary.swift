internal import Packets
internal import Reassembly

// Words of the index and run.json for cases of the model's enumerations, with their meanings.

/// An enumeration whose cases are words of the output.
protocol OutputWordSource {
  var word: (name: StaticString, meaning: StaticString) { get }
}

extension OutputWordSource {
  var name: StaticString { word.name }
}

extension ConnectionReport.ClientEvidence: OutputWordSource {
  var word: (name: StaticString, meaning: StaticString) {
    switch self {
    case .syn: ("syn", "The client sent a SYN.")
    case .synAck: ("syn_ack", "The client received a SYN-ACK; no SYN was captured.")
    case .port:
      ("port", "No handshake was captured. The server is the end whose port lies below 1024 while the other does not, or else below 32768.")
    case .first: ("first", "No handshake was captured, and the ports tell nothing. The client sent the first captured packet.")
    }
  }
}

extension ConnectionReport.Handshake: OutputWordSource {
  var word: (name: StaticString, meaning: StaticString) {
    switch self {
    case .complete: ("complete", "SYN, SYN-ACK and the client's ACK were captured.")
    case .partial: ("partial", "One or two of the three were captured.")
    case .none: ("none", "None of the three was captured.")
    }
  }
}

extension ConnectionReport.Close: OutputWordSource {
  var word: (name: StaticString, meaning: StaticString) {
    switch self {
    case .fin: ("fin", "Both directions ended with a FIN, or one did and the other was silent until a timer ran out.")
    case .rst: ("rst", "A reset was accepted.")
    case .refused: ("refused", "A reset answered the SYN.")
    case .idle: ("idle", "No packet came for `--idle-timeout`, or no answer to the SYN for `--syn-timeout`.")
    case .reuse: ("reuse", "A new connection took the addresses and ports.")
    case .evicted: ("evicted", "`--max-connections` was reached and this connection gave way.")
    case .open: ("open", "The input ended first.")
    }
  }
}

extension HalfReport.Start: OutputWordSource {
  var word: (name: StaticString, meaning: StaticString) {
    switch self {
    case .syn: ("syn", "The SYN was captured. Offset 0 is the byte after it.")
    case .midstream: ("midstream", "The SYN was not captured. Offset 0 is the lowest byte that was seen in time.")
    case .none: ("none", "Neither a SYN nor a byte was captured.")
    }
  }
}

extension HalfReport.End: OutputWordSource {
  var word: (name: StaticString, meaning: StaticString) {
    switch self {
    case .fin: ("fin", "The stream reached a FIN.")
    case .rst: ("rst", "The direction's sender reset the connection.")
    case .none: ("none", "No end was captured.")
    }
  }
}

extension Gap.Kind: OutputWordSource {
  var word: (name: StaticString, meaning: StaticString) {
    switch self {
    case .lost: ("lost", "The bytes were never captured.")
    case .cut: ("cut", "The snap length of the capture cut the bytes off.")
    case .rejected: ("rejected", "The bytes were captured, and an option turned their segment away.")
    case .jump: ("jump", "The capture paused: the stream went on more than 2^30 bytes away.")
    }
  }
}

extension Gap.Cause: OutputWordSource {
  var word: (name: StaticString, meaning: StaticString) {
    switch self {
    case .age: ("age", "Bytes behind the gap waited for `--gap-timeout`, or the stream was seen to go on far ahead.")
    case .pageLimit: ("page_limit", "The connection reached `--connection-memory`.")
    case .memoryLimit: ("memory_limit", "All connections together reached `--memory-limit`.")
    case .close: ("close", "The connection completed.")
    case .end: ("end", "The input ended.")
    }
  }
}

extension LayerPath.Kind: OutputWordSource {
  var word: (name: StaticString, meaning: StaticString) {
    switch self {
    case .vlan: ("vlan", "VLAN tag; the number is the VLAN id.")
    case .mpls: ("mpls", "MPLS label; the number is the label.")
    case .pppoe: ("pppoe", "PPPoE session; the number is the session id.")
    case .gre: ("gre", "GRE; the number is the key, 0 where there is none.")
    case .ipip: ("ipip", "IP in IP; the number is 0.")
    case .vxlan: ("vxlan", "VXLAN; the number is the VNI.")
    case .geneve: ("geneve", "Geneve; the number is the VNI.")
    case .erspan: ("erspan", "ERSPAN; the number is the session id.")
    case .gtpu: ("gtpu", "GTP-U; the number is the TEID.")
    case .pbb: ("pbb", "Provider backbone bridge, 802.1ah; the number is the I-SID.")
    case .vntag: ("vntag", "VN-Tag; the number is the source interface id.")
    case .etag: ("etag", "802.1BR E-Tag; the number is the E-CID.")
    case .frameRelay: ("frame_relay", "Frame Relay; the number is the DLCI.")
    case .l2tp: ("l2tp", "L2TP; the number is the session id.")
    case .lisp: ("lisp", "LISP; the number is the instance id.")
    case .eoip: ("eoip", "MikroTik EoIP; the number is the tunnel id.")
    }
  }
}

extension DecodeError: OutputWordSource {
  var word: (name: StaticString, meaning: StaticString) {
    switch self {
    case .truncated: ("truncated", "The capture holds fewer bytes than the headers need.")
    case .unknownLinkType: ("unknown_link_type", "The link type is not decoded.")
    case .notIP: ("not_ip", "What stands behind the link layer is not IP, such as ARP.")
    case .notTCP: ("not_tcp", "IP that carries neither TCP nor a tunnel that is followed.")
    case .fragment: ("fragment", "A fragment of an IP datagram that was not put together.")
    case .ipVersion: ("ip_version", "The IP version is another than the link layer states.")
    case .ipHeaderLength: ("ip_header_length", "The IPv4 header length is below 20 bytes or above the total length.")
    case .ipTotalLength: ("ip_total_length", "The IP total length is below the header length.")
    case .ipv6ExtensionHeader: ("ipv6_extension_header", "The IPv6 extension headers do not end within the packet.")
    case .tcpDataOffset: ("tcp_data_offset", "The TCP data offset is below 5 words or beyond the segment.")
    case .tooDeep: ("too_deep", "There are more tags and tunnels around the packet than are followed.")
    case .aggregate: ("aggregate", "An aggregate of frames that holds no segment.")
    }
  }
}

extension PassedOver.Layer: OutputWordSource {
  var word: (name: StaticString, meaning: StaticString) {
    switch self {
    case .linkType: ("link_type", "Link type of the capture.")
    case .etherType: ("ethertype", "EtherType.")
    case .llc: ("llc", "Service access points of an LLC header.")
    case .ppp: ("ppp", "PPP protocol number.")
    case .ipProtocol: ("ip_protocol", "IP protocol number.")
    case .udpPort: ("udp_port", "UDP port.")
    case .wirelessLAN: ("802.11", "802.11 frame type, or a protected frame.")
    case .mpls: ("mpls", "What stands behind an MPLS label stack.")
    }
  }
}

// MARK: Words of the engine's enumerations

extension DropReason {
  var meaning: StaticString {
    switch self {
    case .beforeStart: "The bytes lie before offset 0 of a direction without SYN, and came after its start was fixed."
    case .late: "The bytes came after their gap was given up."
    case .beyondFin: "The bytes lie at or beyond the FIN."
    case .outOfWindow: "The bytes lie more than 2^30 away from what is expected."
    case .keepAlive: "The one byte of a keep-alive or window probe below the expected offset."
    case .rejected: "An option turned the segment away."
    case .rstPayload: "The payload of a reset."
    case .synIgnored: "The payload of a SYN or SYN-ACK that was ignored, and of what followed it."
    }
  }
}

extension Anomaly {
  var meaning: StaticString {
    switch self {
    case .keepAlive: "Keep-alives: one byte below the expected offset."
    case .windowProbe: "Window probes: one byte while the peer's window is closed."
    case .synIgnored: "SYNs on a known connection that did not prove to begin a new one."
    case .synAckIgnored: "SYN-ACKs with another sequence number than the one that counts."
    case .rstIgnored: "Resets whose sequence number was not acceptable."
    case .rstWithdrawn: "Resets that were taken back because their sender went on with data."
    case .finIgnored: "FINs that contradict the one that counts, or lie before what was received."
    case .unchecked: "Packets with repeated bytes that could not be compared with the first copy."
    case .urgent: "Packets with the URG bit. Urgent bytes stay in the stream."
    case .badChecksum: "Packets that `--checksum verify` turned away because of a wrong checksum."
    case .fragmented: "Segments that came in IP fragments."
    case .synWithFinOrRst: "Packets with SYN together with FIN or RST. The bits are ignored."
    case .outOfWindow: "Packets more than 2^30 away from what is expected."
    case .rejected: "Packets that an option turned away, whatever the reason."
    case .rejectedByState: "Packets that `--strict-state` turned away."
    case .rejectedByOptions: "Packets that `--strict-options` turned away."
    }
  }
}

// MARK: Options

extension OverlapPolicy {
  /// Condition under which a new segment wins over the segment that owns a byte.
  var meaning: String {
    switch self {
    case .first: "Never: the first copy wins."
    case .last: "Always: the last copy wins."
    case .bsd: "The new segment begins earlier."
    case .linux: "The new segment begins earlier, or begins at the same byte and ends later."
    case .oldLinux: "The new segment begins earlier, or begins at the same byte and does not end earlier."
    case .solaris: "The new segment ends later, or ends at the same byte and does not begin later."
    }
  }
}

extension FragmentPolicy {
  /// Condition under which a new fragment wins over the fragment that owns a byte.
  var meaning: String {
    switch self {
    case .first: "Never: the first copy wins."
    case .last: "Always: the last copy wins."
    case .bsd: "The new fragment begins earlier."
    case .linux: "The new fragment does not begin later."
    case .windows: "The new fragment begins earlier and ends later."
    case .solaris: "The new fragment begins earlier and does not end earlier."
    }
  }
}
