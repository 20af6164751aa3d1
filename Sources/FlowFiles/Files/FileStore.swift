internal import Glibc
internal import Packets

/// State that all files of a run share: the directory, the names, the buffers, the descriptors and the errors.
///
/// Properties that change with every packet or file, here and in the classes beside it, are not checked for overlapping accesses at run
/// time, because the checks cost a twentieth of a run with small files. The accesses cannot overlap: one thread uses all of these objects,
/// and a value that is passed as `inout` is not touched elsewhere during the call.
final class FileStore {
  let directory: OutputDirectory
  let calls: any SystemCalls
  let options: FlowFileOptions
  private let descriptorLimit: Int
  let pool: BufferPool
  /// Queue of the writers; nil if one thread does all the work.
  let queue: WriteQueue?
  /// Archive that takes the files of streams; nil if they lie in the directory.
  let tar: TarFile?
  /// Whether files of connections are written to the directory: streams or captures.
  let writesFiles: Bool
  /// Spool of the files that the archive will take.
  let memberSpool: Spool
  /// Buffers that writers have, by job number.
  @exclusivity(unchecked) var handedOver = [HandedOver?](repeating: nil, count: WriteQueue.capacity)
  /// Number of bytes of those buffers; `handedDescriptors` is the number of descriptors that writers will close.
  @exclusivity(unchecked) var handedBytes = 0
  @exclusivity(unchecked) var handedDescriptors = 0
  /// Whether results are being collected; no buffer is passed to a writer meanwhile.
  @exclusivity(unchecked) var isCollecting = false
  @exclusivity(unchecked) private var names = FileNames()
  /// Flows that hold a buffer; `opened` has the flows that hold a descriptor.
  @exclusivity(unchecked) var buffered = RecencyList<FlowFile>()
  @exclusivity(unchecked) private var opened = RecencyList<FlowFile>()
  /// Bytes of streams without files, the oldest first.
  @exclusivity(unchecked) var retained = RecencyList<RetainedPiece>()
  /// Flows that had to give up a buffer or a descriptor since the last buffer was lent.
  @exclusivity(unchecked) private var quiet: [FlowFile] = []
  /// Device of resting files; 0 before the first one.
  @exclusivity(unchecked) private(set) var usualDevice: UInt64 = 0
  /// Path in progress, reused.
  @exclusivity(unchecked) var path: [UInt8] = []
  /// Record for the marker in progress, reused.
  @exclusivity(unchecked) private var marked = MarkedNames()
  /// Bytes read back from a file, reused.
  private var scratch: [UInt8] = []

  @exclusivity(unchecked) var filesWritten: UInt64 = 0
  @exclusivity(unchecked) var bytesWritten: UInt64 = 0
  @exclusivity(unchecked) var capturesWritten: UInt64 = 0
  @exclusivity(unchecked) var captureBytesWritten: UInt64 = 0
  /// Names of captures, which lie in a folder of their own.
  private var captureNames = FileNames(maxTuples: FileNames.maxCaptureTuples)
  /// Block of a capture in progress, reused.
  @exclusivity(unchecked) var block: [UInt8] = []
  var conflicts: UInt64 = 0
  /// Number of bytes that gaps may still occupy; `gapsWithoutRoom` is the number of gaps that got none because too few were left.
  private var holesLeft: Int64
  /// The same for files of clear bytes, so that keys change nothing in the others.
  private var clearHolesLeft: Int64
  private(set) var gapsWithoutRoom: UInt64 = 0
  private(set) var firstError: OutputError?
  /// Spool of the gaps and conflicts that index lines will list.
  let noteSpool: Spool
  /// Number of gaps of all flows whose places in files are remembered.
  private var mappedGaps = 0
  /// Number of times that a flow forgot gaps because all flows together had too many.
  private(set) var mapsCut: UInt64 = 0
  /// Announcer of events; nil if there is no listener.
  var announcer: Announcer?
  /// Order of the events of a shard; nil for a run that is none.
  var orderFile: OrderFile?

  init(directory: OutputDirectory, options: FlowFileOptions, tar: TarFile? = nil) {
    self.directory = directory
    self.calls = directory.calls
    self.options = options
    holesLeft = options.maxHoles
    clearHolesLeft = options.maxHoles
    pool = BufferPool(limit: options.bufferMemory)
    noteSpool = directory.makeSpool(memoryLimit: options.noteMemory, blockSize: Self.noteBlock)
    memberSpool = directory.makeSpool(memoryLimit: 0)
    self.tar = tar
    writesFiles = tar == nil && (!options.keepsNoStreams || options.captures != nil)
    // With few descriptors there are few writers, and each keeps few folders open. The order of members would depend on the writers.
    let writers = writesFiles && calls.areSafeOnTwoThreads ? min(options.writers, 1 + options.maxOpenFiles / 32) : 0
    let folders = max(1, min(OutputFolders.most, options.maxOpenFiles / 16 / (writers + 1)))
    directory.folders.most = folders
    queue = writers > 0 ? WriteQueue(directory, writers: writers, mostFolders: folders) : nil
    let ofFolders = options.template.hasFolders ? (folders - 1) * (writers + 1) : 0
    descriptorLimit = max(1, options.maxOpenFiles - ofFolders)
  }

  /// Number of bytes that gaps take in files of streams.
  var roomTaken: UInt64 { UInt64(clamping: options.maxHoles &- holesLeft) }

  /// Reserves room for a whole gap, and returns its length; 0 if too little is left.
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

  /// Gives back room that is not needed, because no byte followed the gap.
  func giveBackRoom(_ length: Int64, refusals: UInt64, isClear: Bool = false) {
    if isClear {
      clearHolesLeft &+= length
      return
    }
    holesLeft &+= length
    gapsWithoutRoom &-= refusals
  }

  /// Block size in bytes of the notes spool: the notes of a direction are short.
  private static let noteBlock = 4 << 10
  /// Number of gaps that each flow may remember, however many all flows have.
  private static let leastMapped = 8

  /// Assigns the pending gaps of a flow their room in its file, which ends at `fileEnd`.
  ///
  /// - Parameters:
  ///   - notes: the notes of the flow.
  ///   - fileEnd: the length of the file.
  ///   - isClear: whether the file has clear bytes, with which nothing is compared.
  /// - Returns: the new ends of stream and file; nil if no gap was pending.
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

  /// Releases the notes of a flow.
  func forget(_ notes: FlowNotes) { mappedGaps -= notes.map.count }

  func note(_ error: OutputError) { if firstError == nil { firstError = error } }
}

// MARK: Names

extension FileStore {
  func connectionCount(for key: FlowKey) -> UInt32 { options.template.usesCount ? names.connectionCount(for: key) : 0 }

  /// Whether the name of a flow can depend on those of earlier ones.
  var mayNamesBeEqual: Bool { options.template.usesCount || !options.template.tellsDirectionsApart || directory.hadEntries }

  /// Counts a connection whose packets are written, and returns the number of earlier ones of its endpoints.
  func captureCount(for key: FlowKey) -> UInt32 {
    options.captures?.template.usesCount == true ? captureNames.connectionCount(for: key) : 0
  }

  /// Reserves a name for a flow, and returns its number among equal names.
  func reserveName(_ values: NameValues) -> UInt32 {
    let number = number(of: values)
    if let orderFile, values.isCapture || !options.template.tellsDirectionsApart {
      orderFile.note(.named(OrderRecord.NamedFile(values: values, number: number)))
    }
    return number
  }

  private func number(of values: NameValues) -> UInt32 {
    if values.isCapture {
      if options.captures?.template.isUnique == true, !directory.hadEntries { return 1 }
      return nextNumber(values, mayExist: directory.hadEntries)
    }
    // If a connection count was forgotten and restarted, the file of that name exists, and `open` detects it.
    let mayExist = tar == nil && directory.hadEntries
    if options.template.tellsDirectionsApart, !mayExist { return 1 }
    return nextNumber(values, mayExist: mayExist)
  }

  /// Returns the first number among equal names that is free.
  private func nextNumber(_ values: NameValues, mayExist: Bool) -> UInt32 {
    path.removeAll(keepingCapacity: true)
    options.appendPath(of: values, to: &path)
    guard values.isCapture else { return names.reserve(path) { mayExist && directory.exists($0) } }
    return captureNames.reserve(path) { mayExist && directory.exists($0 + FlowFileOptions.captureEnding) }
  }

  func path(of values: NameValues, number: UInt32) -> [UInt8] {
    var path: [UInt8] = []
    appendPath(of: values, number: number, to: &path)
    return path
  }

  func appendPath(of values: NameValues, number: UInt32, to text: inout [UInt8]) {
    options.appendPath(of: values, number: number, to: &text)
  }
}

// MARK: Buffers

extension FileStore {
  /// Lends a buffer to a flow that has none; if memory is short, the least recently used buffers are taken back first.
  func lendBuffer(to flow: FlowFile) -> (buffer: WriteBuffer, slot: Int32) {
    if !quiet.isEmpty { letQuietRest(but: flow) }
    if !pool.canLend(.small) {
      queue?.runOwn()
      collect()
    }
    if retainsStreams { _ = makeRoom(for: .small) }
    while !pool.canLend(.small), let oldest = buffered.oldest {
      oldest.giveBackBuffer()
      quiet.append(oldest)
    }
    if !pool.canLend(.small) { settle() }
    return (WriteBuffer(memory: pool.lend(.small), size: .small), buffered.insert(flow))
  }

  /// Returns a larger buffer for a flow with more bytes; nil if memory is short.
  func grow(_ buffer: WriteBuffer) -> WriteBuffer? {
    guard let size = buffer.size.larger else { return nil }
    while !pool.canGrow(to: size) { guard giveBackOldestRetained() else { return nil } }
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

  /// Writes the bytes in buffers; the buffers keep them, so nothing else depends on when this was called.
  ///
  /// It considers only the buffers that were used since the last call.
  func flushBuffers() { for flow in buffered.takeRecent() { flow.flush() } }
}

// MARK: Resting files

extension FileStore {
  /// Replaces flows that hold neither buffer nor descriptor by their resting state.
  ///
  /// Only `flow`, which is being lent a buffer, is in use. The flows in `quiet` are not.
  private func letQuietRest(but flow: FlowFile) {
    for other in quiet where other !== flow { other.conversation.rest(other) }
    quiet.removeAll(keepingCapacity: true)
  }

  /// Forgets the quiet files of a completed connection, which need not rest any more.
  func forgetQuiet(of conversation: ConnectionStream) {
    if !quiet.isEmpty { quiet.removeAll { $0.conversation === conversation } }
  }

  /// Whether files on this device can rest: all files are on one device unless something is mounted below the output directory.
  func isUsualDevice(_ device: UInt64) -> Bool {
    if usualDevice == 0 { usualDevice = device }
    return usualDevice == device
  }
}

// MARK: Descriptors

extension FileStore {
  /// Opens the file of a flow.
  ///
  /// `number` is raised if another process created a file of its name meanwhile.
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
          number = nextNumber(values, mayExist: true)
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

  /// Reads from a file and compares with `bytes[range]`, and returns false if the file is shorter.
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
