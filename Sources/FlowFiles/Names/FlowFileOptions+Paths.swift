extension FlowFileOptions {
  /// Folder of captures, and the ending of their names.
  private static let captureFolder = Array("pcap/".utf8)
  static let captureEnding = Array(".pcapng".utf8)

  /// Appends the path of a file below the output directory, without its number among equal ones and what follows that.
  func appendPath(of values: NameValues, to path: inout [UInt8]) {
    if values.isCapture {
      path += Self.captureFolder
      captures?.template.render(values, into: &path)
      return
    }
    template.render(values, into: &path)
    guard let number = values.clearOf else { return }
    FileNames.append(number, to: &path)
    path.append(contentsOf: ".clear".utf8)
  }

  /// Appends the path of a file below the output directory.
  func appendPath(of values: NameValues, number: UInt32, to path: inout [UInt8]) {
    appendPath(of: values, to: &path)
    FileNames.append(number, to: &path)
    if values.isCapture { path += Self.captureEnding }
  }
}
