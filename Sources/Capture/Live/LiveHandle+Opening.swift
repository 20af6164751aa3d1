internal import CPcap
internal import Glibc
internal import Packets

extension LiveHandle {
  /// Opens the device, sets the filter and makes libpcap non-blocking; the result includes libpcap's warning.
  static func open(_ settings: LiveSettings) throws(LiveError) -> (handle: OpaquePointer, warning: String?) {
    var words = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
    guard let handle = pcap_create(settings.interface, &words) else {
      throw LiveError(.system, name: settings.interface, detail: String(terminated: words))
    }
    do throws(LiveError) {
      let warning = try activate(handle, settings)
      if settings.interface == LiveSettings.everyInterface { chooseCookedVersion2(handle) }
      if let filter = settings.filter { try setFilter(filter, handle, settings.interface) }
      if isNetfilter(settings.interface) { growSocketBuffer(of: handle, to: settings.bufferSize) }
      guard pcap_setnonblock(handle, 1, &words) == 0 else {
        throw LiveError(.system, name: settings.interface, detail: String(terminated: words))
      }
      return (handle, warning)
    } catch {
      pcap_close(handle)
      throw error
    }
  }

  /// Sets every option, then opens the device, and returns libpcap's warning.
  private static func activate(_ handle: OpaquePointer, _ settings: LiveSettings) throws(LiveError) -> String? {
    // These fail only on an open handle.
    pcap_set_snaplen(handle, Int32(clamping: settings.snapshotLength))
    pcap_set_promisc(handle, settings.isPromiscuous ? 1 : 0)
    pcap_set_timeout(handle, LiveSettings.readTimeout)
    pcap_set_buffer_size(handle, Int32(clamping: settings.bufferSize))
    pcap_set_immediate_mode(handle, settings.isImmediate ? 1 : 0)
    if let name = settings.timeStampType { try setTimeStampType(name, handle, settings.interface) }
    // A device without nanoseconds keeps its microseconds.
    pcap_set_tstamp_precision(handle, PCAP_TSTAMP_PRECISION_NANO)
    let answer = pcap_activate(handle)
    guard answer >= 0 else { throw failure(answer, handle, settings.interface) }
    guard answer > 0 else { return nil }
    let detail = String(cString: pcap_geterr(handle))
    let words = String(cString: pcap_statustostr(answer))
    return detail.isEmpty ? words : "\(words): \(detail)"
  }

  /// Whether an interface is a log or queue of netfilter, such as `nflog:5`.
  ///
  /// libpcap reads them from a socket, whose buffer it leaves at the default size of the system.
  private static func isNetfilter(_ interface: String) -> Bool { interface.hasPrefix("nflog") || interface.hasPrefix("nfqueue") }

  /// Enlarges the buffer of the socket, because packets that do not fit are lost without being counted.
  ///
  /// Only root may exceed the system's limit.
  private static func growSocketBuffer(of handle: OpaquePointer, to size: Int) {
    var size = Int32(clamping: size)
    let length = socklen_t(MemoryLayout<Int32>.size)
    for option in [SO_RCVBUFFORCE, SO_RCVBUF] where setsockopt(pcap_fileno(handle), SOL_SOCKET, option, &size, length) == 0 { return }
  }

  /// Chooses cooked capture version 2, which states the interface of each packet.
  ///
  /// An old libpcap has only version 1, and keeps it.
  private static func chooseCookedVersion2(_ handle: OpaquePointer) {
    var first: UnsafeMutablePointer<Int32>?
    let count = pcap_list_datalinks(handle, &first)
    guard count > 0, let first else { return }
    defer { pcap_free_datalinks(first) }
    guard UnsafeBufferPointer(start: first, count: Int(count)).contains(LinkType.linuxSLL2.rawValue) else { return }
    _ = pcap_set_datalink(handle, LinkType.linuxSLL2.rawValue)
  }

  private static func setTimeStampType(_ name: String, _ handle: OpaquePointer, _ interface: String) throws(LiveError) {
    let type = pcap_tstamp_type_name_to_val(name)
    if type >= 0, pcap_set_tstamp_type(handle, type) == 0 { return }
    var first: UnsafeMutablePointer<Int32>?
    let count = pcap_list_tstamp_types(handle, &first)
    defer { if count > 0 { pcap_free_tstamp_types(first) } }
    let types = UnsafeBufferPointer(start: first, count: first == nil ? 0 : max(0, Int(count)))
    let names = types.compactMap { pcap_tstamp_type_val_to_name($0).map { String(cString: $0) } }
    throw LiveError(.timeStampType(name: name, existing: names), name: interface)
  }

  private static func setFilter(_ expression: String, _ handle: OpaquePointer, _ interface: String) throws(LiveError) {
    var program = bpf_program()
    guard pcap_compile(handle, &program, expression, 1, bpf_u_int32(PCAP_NETMASK_UNKNOWN)) == 0 else {
      throw LiveError(.filter(expression: expression), name: interface, detail: String(cString: pcap_geterr(handle)))
    }
    defer { pcap_freecode(&program) }
    guard pcap_setfilter(handle, &program) == 0 else {
      throw LiveError(.filter(expression: expression), name: interface, detail: String(cString: pcap_geterr(handle)))
    }
  }

  private static func failure(_ answer: Int32, _ handle: OpaquePointer, _ interface: String) -> LiveError {
    let detail = String(cString: pcap_geterr(handle))
    switch answer {
    case PCAP_ERROR_NO_SUCH_DEVICE: return LiveError(.noSuchInterface(existing: existingNames()), name: interface, detail: detail)
    case PCAP_ERROR_PERM_DENIED, PCAP_ERROR_PROMISC_PERM_DENIED:
      return LiveError(.noPermission(program: ownPath()), name: interface, detail: detail)
    case PCAP_ERROR_IFACE_NOT_UP: return LiveError(.notUp, name: interface, detail: detail)
    default:
      let words = String(cString: pcap_statustostr(answer))
      return LiveError(.system, name: interface, detail: detail.isEmpty ? words : detail)
    }
  }

  /// Returns the names of the network interfaces, without the buses and logs that libpcap can read too.
  private static func existingNames() -> [String] {
    do throws(LiveError) {
      let others = ["bluetooth", "usbmon", "nflog", "nfqueue", "dbus"]
      return try LiveInterface.all().map(\.name).filter { name in !others.contains { name.hasPrefix($0) } }
    } catch {
      return []
    }
  }

  /// Returns the path of the running program.
  private static func ownPath() -> String {
    var path = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
    return readlink("/proc/self/exe", &path, path.count - 1) > 0 ? String(terminated: path) : "reasm"
  }
}
