internal import Glibc
internal import Packets

/// What all files of a run share: the directory, the names, the buffers, the descriptors, and the count of what went wrong.
///
/// What changes with every packet or file, here and in the classes beside it, is not checked for overlapping accesses at run time, which
/// cost a twentieth of a run with small files: one thread uses all of it, and what is handed on as `inout` is touched by nobody else
/// until it comes back.
final class FileStore {
  let directory: OutputDirectory
  let calls: any SystemCalls
  let options: FlowFileOptions
  private let descriptorLimit: Int
  let pool: BufferPool
  /// nil where one thread does everything.
  let queue: WriteQueue?
  /// The flows whose buffers the second thread has, by the number of the job.
  @exclusivity(unchecked) var handedOver = [HandedOver?](repeating: nil, count: WriteQueue.capacity)
  /// Bytes of those buffers, and descriptors that it is to close.
  @exclusivity(unchecked) var handedBytes = 0
  @exclusivity(unchecked) var handedDescriptors = 0
  /// Results are being taken back: nothing is handed over meanwhile.
  @exclusivity(unchecked) var isCollecting = false
  @exclusivity(unchecked) private var names = FileNames()
  /// Flows that hold a buffer, and flows that hold a descriptor.
  @exclusivity(unchecked) var buffered = RecencyList<FlowFile>()
  @exclusivity(unchecked) private var opened = RecencyList<FlowFile>()
  /// Flows that had to give up a buffer or a descriptor since the last buffer was lent.
  @exclusivity(unchecked) private var quiet: [FlowFile] = []
  /// Where files lie, as long as they lie together; 0 before the first rests.
  @exclusivity(unchecked) private(set) var usualDevice: UInt64 = 0
  /// The path at hand, reused.
  @exclusivity(unchecked) var path: [UInt8] = []
  /// A name on its way to the marker, reused.
  @exclusivity(unchecked) private var marked = MarkedNames()
  /// What is read back, reused.
  private var scratch: [UInt8] = []

  @exclusivity(unchecked) var filesWritten: UInt64 = 0
  @exclusivity(unchecked) var bytesWritten: UInt64 = 0
  var conflicts: UInt64 = 0
  /// Bytes that gaps may still take, and gaps that got nothing for want of them.
  private var holesLeft: Int64
  /// The same for files of clear bytes, so that keys change nothing in the others.
  private var clearHolesLeft: Int64
  private(set) var gapsWithoutRoom: UInt64 = 0
  private(set) var firstError: OutputError?
  /// What index lines are to list.
  let noteSpool: Spool
  /// Gaps whose places in files are remembered, of all flows together.
  private var mappedGaps = 0
  /// How often a flow forgot gaps because all together had too many.
  private(set) var mapsCut: UInt64 = 0
  /// Tells somebody what happens.
  var announcer: Announcer?

  init(directory: OutputDirectory, options: FlowFileOptions) {
    self.directory = directory
    self.calls = directory.calls
    self.options = options
    holesLeft = options.maxHoles
    clearHolesLeft = options.maxHoles
    descriptorLimit = max(1, options.maxOpenFiles)
    pool = BufferPool(limit: options.bufferMemory)
    noteSpool = Spool(
      folder: directory.path, directory: directory.descriptor, memoryLimit: options.noteMemory, blockSize: Self.noteBlock, calls: calls)
    queue = calls.areSafeOnTwoThreads ? WriteQueue(calls: calls, marker: directory.marker) : nil
  }

  /// All of the room that a gap wants, or none.
  func takeRoom(for length: Int64, isClear: Bool = false) -> Int64 {
    if isClear {
      guard length <= clearHolesLeft else { return 0 }
      clearHolesLeft &-= length
      return length
    }
    guard length <= holesLeft else {
      gapsWithoutRoom &+= 1
      return 0
    }
    holesLeft &-= length
    return length
  }

  /// Room that turned out not to be needed, because no byte followed.
  func giveBackRoom(_ length: Int64, refusals: UInt64, isClear: Bool = false) {
    if isClear {
      clearHolesLeft &+= length
      return
    }
    holesLeft &+= length
    gapsWithoutRoom &-= refusals
  }

  /// The notes of a direction are short.
  private static let noteBlock = 4 << 10
  /// Gaps that each flow may remember, however many all have.
  private static let leastMapped = 8

  /// Gives the pending gaps of a flow their room in its file, which ends at `fileEnd`; answers what `FlowNotes.place` does.
  func place(_ notes: FlowNotes, from fileEnd: Int64, isClear: Bool = false) -> (streamEnd: Int64, fileEnd: Int64)? {
    // Nothing is compared with clear bytes, so where they lie need not be remembered.
    if isClear { return notes.place(from: fileEnd, mapped: Self.leastMapped) }
    let before = notes.map.count
    let mayMap = mappedGaps < options.maxMappedGaps
    let placed = notes.place(from: fileEnd, mapped: mayMap ? StreamMap.capacity : Self.leastMapped)
    if !mayMap, notes.map.count <= before { mapsCut &+= 1 }
    mappedGaps += notes.map.count - before
    return placed
  }

  /// The notes of a flow are not needed any more.
  func forget(_ notes: FlowNotes) { mappedGaps -= notes.map.count }

  func note(_ error: OutputError) { if firstError == nil { firstError = error } }
}

// MARK: Names

extension FileStore {
  func connectionCount(for key: FlowKey) -> UInt32 { options.template.usesCount ? names.connectionCount(for: key) : 0 }

  /// Takes a name for a flow and answers its number among equal ones.
  func reserveName(_ values: NameValues) -> UInt32 {
    // Where the count of a connection was forgotten and begins anew, the file of that name is there, and `open` sees it.
    if options.template.tellsDirectionsApart, !directory.hadEntries { return 1 }
    path.removeAll(keepingCapacity: true)
    render(values, into: &path)
    return names.reserve(path) { directory.hadEntries && directory.exists($0) }
  }

  func path(of values: NameValues, number: UInt32) -> [UInt8] {
    var path: [UInt8] = []
    appendPath(of: values, number: number, to: &path)
    return path
  }

  /// Appends a path without its number among equal ones.
  private func render(_ values: NameValues, into path: inout [UInt8]) {
    options.template.render(values, into: &path)
    guard let number = values.clearOf else { return }
    FileNames.append(number, to: &path)
    path.append(contentsOf: ".clear".utf8)
  }

  func appendPath(of values: NameValues, number: UInt32, to text: inout [UInt8]) {
    render(values, into: &text)
    FileNames.append(number, to: &text)
  }
}

// MARK: Buffers

extension FileStore {
  /// Lends a buffer to a flow that has none; whoever used one longest ago gives way where there is no memory left.
  func lendBuffer(to flow: FlowFile) -> (buffer: WriteBuffer, slot: Int32) {
    if !quiet.isEmpty { letQuietRest(but: flow) }
    if !pool.canLend(.small) { collect() }
    while !pool.canLend(.small), let oldest = buffered.oldest {
      oldest.giveBackBuffer()
      quiet.append(oldest)
    }
    if !pool.canLend(.small) { settle() }
    return (WriteBuffer(memory: pool.lend(.small), size: .small), buffered.insert(flow))
  }

  /// A larger buffer for a flow that has shown more, where there is memory for it.
  func grow(_ buffer: WriteBuffer) -> WriteBuffer? {
    guard let size = buffer.size.larger, pool.canGrow(to: size) else { return nil }
    var larger = WriteBuffer(memory: pool.lend(size), size: size)
    larger.copy(buffer)
    pool.takeBack(buffer.memory, buffer.size)
    return larger
  }

  func touchBuffer(_ slot: Int32) { buffered.touch(slot) }

  func takeBack(_ buffer: WriteBuffer, slot: Int32) {
    pool.takeBack(buffer.memory, buffer.size)
    buffered.remove(slot)
  }

  /// Writes what lies in buffers; the buffers keep it, so nothing else depends on when this was done.
  ///
  /// Looks only at those that were used since the last call.
  func flushBuffers() { for flow in buffered.takeRecent() { flow.flush() } }
}

// MARK: Rest

extension FileStore {
  /// Flows that have nothing in memory but themselves need not be there either. Of all flows only `flow` is being used while it is lent a
  /// buffer; those that gave way were let go of.
  private func letQuietRest(but flow: FlowFile) {
    for other in quiet where other !== flow { other.conversation.rest(other) }
    quiet.removeAll(keepingCapacity: true)
  }

  /// A connection is over: its files need not rest any more.
  func forgetQuiet(of conversation: ConnectionStream) {
    if !quiet.isEmpty { quiet.removeAll { $0.conversation === conversation } }
  }

  /// Whether files rest that lie on this device: all lie on one unless something is mounted below the output directory.
  func isUsualDevice(_ device: UInt64) -> Bool {
    if usualDevice == 0 { usualDevice = device }
    return usualDevice == device
  }
}

// MARK: Descriptors

extension FileStore {
  /// Opens the file of a flow.
  ///
  /// `number` goes up where somebody else made a file of its name meanwhile.
  func open(_ flow: FlowFile, _ values: NameValues, number: inout UInt32, creating: Bool) throws(SystemError) -> (Int32, slot: Int32) {
    if opened.count + handedDescriptors >= descriptorLimit { settle() }
    while opened.count >= descriptorLimit, let oldest = opened.oldest { closeDescriptor(of: oldest) }
    var markedNumber: UInt32 = 0
    while true {
      path.removeAll(keepingCapacity: true)
      appendPath(of: values, number: number, to: &path)
      if creating, markedNumber != number {
        try mark(.own, path)
        markedNumber = number
      }
      do throws(SystemError) {
        let descriptor = try directory.openFile(&path, flags: creating ? O_RDWR | O_CREAT | O_EXCL : O_RDWR)
        return (descriptor, opened.insert(flow))
      } catch {
        switch error.code {
        case EMFILE, ENFILE:
          if handedDescriptors > 0 {
            settle()
          } else if let oldest = opened.oldest {
            closeDescriptor(of: oldest)
          } else {
            throw error
          }
        case EEXIST where creating:
          path.removeAll(keepingCapacity: true)
          appendPath(of: values, number: number, to: &path)
          try mark(.foreign, path)
          path.removeAll(keepingCapacity: true)
          render(values, into: &path)
          number = names.reserve(path) { directory.exists($0) }
        default: throw error
        }
      }
    }
  }

  private func mark(_ mark: MarkedNames.Mark, _ path: [UInt8]) throws(SystemError) {
    marked.removeAll()
    marked.add(mark, path)
    try directory.marker.note(marked)
  }

  /// Notes in the marker that a file is this run's, before it is made.
  func markOwn(_ path: [UInt8]) throws(SystemError) { try mark(.own, path) }

  private func closeDescriptor(of flow: FlowFile) {
    flow.closeDescriptor()
    if flow.buffer == nil { quiet.append(flow) }
  }

  func touchDescriptor(_ slot: Int32) { opened.touch(slot) }

  func removeDescriptor(_ slot: Int32) { opened.remove(slot) }

  /// Reads from a file and compares with `bytes[range]`; false where the file does not have that much.
  func compare(
    _ descriptor: Int32, at offset: Int64, with bytes: Span<UInt8>, _ range: Range<Int>, into differences: inout Differences
  ) throws(SystemError) -> Bool {
    if scratch.isEmpty { scratch = [UInt8](repeating: 0, count: 64 << 10) }
    var done = 0
    while done < range.count {
      let wanted = min(range.count - done, scratch.count)
      var failure: SystemError?
      let count = scratch.withUnsafeMutableBytes { memory -> Int in
        do throws(SystemError) {
          return try calls.readFully(
            descriptor, into: UnsafeMutableRawBufferPointer(rebasing: memory[..<wanted]), at: offset &+ Int64(done))
        } catch {
          failure = error
          return 0
        }
      }
      if let failure { throw failure }
      if count < wanted { return false }
      let start = range.lowerBound + done
      differences.compare(scratch.span, with: bytes, start..<(start + wanted))
      done += wanted
    }
    return true
  }
}
