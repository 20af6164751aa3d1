internal import Packets

/// Names of the files of all shards, as one run gives them.
struct MergedNames {
  private let options: FlowFileOptions
  private var names = FileNames()
  private var captureNames = FileNames(maxTuples: FileNames.maxCaptureTuples)

  /// A file of an open connection, with its path in the shard and in the merged directory.
  struct Renamed {
    let key: FlowKey
    /// Number of the file among equal names; nil for a file that is not that of a stream.
    let streamNumber: UInt32?
    let path: [UInt8]
    let newPath: [UInt8]
  }

  /// Creates the names of a run.
  ///
  /// - Parameter options: the templates of the run.
  init(_ options: FlowFileOptions) { self.options = options }

  /// Names a file.
  ///
  /// - Parameters:
  ///   - file: the file, as it was named in its shard.
  ///   - id: the id of its connection in the merged directory.
  ///   - known: the files of the connection that were named before.
  /// - Returns: both paths.
  mutating func rename(_ file: OrderRecord.NamedFile, id: UInt64, _ known: [Renamed]) -> Renamed {
    var path: [UInt8] = []
    options.appendPath(of: file.values, number: file.number, to: &path)
    var values = file.values
    values.id = id
    if values.clearOf != nil {
      values.clearOf = known.last { $0.key == values.key && $0.streamNumber != nil }?.streamNumber ?? 1
    }
    let number = number(of: values)
    var newPath: [UInt8] = []
    options.appendPath(of: values, number: number, to: &newPath)
    let isStream = !values.isCapture && values.clearOf == nil
    return Renamed(key: values.key, streamNumber: isStream ? number : nil, path: path, newPath: newPath)
  }

  private mutating func number(of values: NameValues) -> UInt32 {
    if values.isCapture, options.captures?.template.isUnique == true { return 1 }
    var path: [UInt8] = []
    options.appendPath(of: values, to: &path)
    return values.isCapture ? captureNames.reserve(path) { _ in false } : names.reserve(path) { _ in false }
  }
}
