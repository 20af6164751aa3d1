internal import Packets
internal import Reassembly

// The names that the index and run.json have for what the model knows.

extension ConnectionReport.ClientEvidence {
  var name: StaticString {
    switch self {
    case .syn: "syn"
    case .synAck: "syn_ack"
    case .port: "port"
    case .first: "first"
    }
  }
}

extension ConnectionReport.Handshake {
  var name: StaticString {
    switch self {
    case .complete: "complete"
    case .partial: "partial"
    case .none: "none"
    }
  }
}

extension ConnectionReport.Close {
  var name: StaticString {
    switch self {
    case .fin: "fin"
    case .rst: "rst"
    case .refused: "refused"
    case .idle: "idle"
    case .reuse: "reuse"
    case .evicted: "evicted"
    case .open: "open"
    }
  }
}

extension HalfReport.Start {
  var name: StaticString {
    switch self {
    case .syn: "syn"
    case .midstream: "midstream"
    case .none: "none"
    }
  }
}

extension HalfReport.End {
  var name: StaticString {
    switch self {
    case .fin: "fin"
    case .rst: "rst"
    case .none: "none"
    }
  }
}

extension Gap.Kind {
  var name: StaticString {
    switch self {
    case .lost: "lost"
    case .cut: "cut"
    case .rejected: "rejected"
    case .jump: "jump"
    }
  }
}

extension Gap.Cause {
  var name: StaticString {
    switch self {
    case .age: "age"
    case .pageLimit: "page_limit"
    case .memoryLimit: "memory_limit"
    case .close: "close"
    case .end: "end"
    }
  }
}

extension LayerPath.Kind {
  var name: StaticString {
    switch self {
    case .vlan: "vlan"
    case .mpls: "mpls"
    case .pppoe: "pppoe"
    case .gre: "gre"
    case .ipip: "ipip"
    case .vxlan: "vxlan"
    case .geneve: "geneve"
    case .erspan: "erspan"
    case .gtpu: "gtpu"
    case .pbb: "pbb"
    case .vntag: "vntag"
    case .etag: "etag"
    case .frameRelay: "frame_relay"
    case .l2tp: "l2tp"
    case .lisp: "lisp"
    case .eoip: "eoip"
    }
  }
}

extension DecodeError {
  var name: String {
    switch self {
    case .truncated: "truncated"
    case .unknownLinkType: "unknown_link_type"
    case .notIP: "not_ip"
    case .notTCP: "not_tcp"
    case .fragment: "fragment"
    case .ipVersion: "ip_version"
    case .ipHeaderLength: "ip_header_length"
    case .ipTotalLength: "ip_total_length"
    case .ipv6ExtensionHeader: "ipv6_extension_header"
    case .tcpDataOffset: "tcp_data_offset"
    case .tooDeep: "too_deep"
    case .aggregate: "aggregate"
    }
  }
}

extension PassedOver.Layer {
  var name: StaticString {
    switch self {
    case .linkType: "link_type"
    case .etherType: "ethertype"
    case .llc: "llc"
    case .ppp: "ppp"
    case .ipProtocol: "ip_protocol"
    case .udpPort: "udp_port"
    case .wirelessLAN: "802.11"
    case .mpls: "mpls"
    }
  }
}
