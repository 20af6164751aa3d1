internal import CCrypto

/// The second opinion on the hashes of files.
enum SHA256 {
  static func hexadecimal(of file: SparseFile) -> String {
    guard let context = EVP_MD_CTX_new() else { return "no libcrypto" }
    defer { EVP_MD_CTX_free(context) }
    guard EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else { return "no SHA-256" }
    file.forEachPiece { bytes in _ = EVP_DigestUpdate(context, bytes, bytes.count) }
    var sum = [UInt8](repeating: 0, count: 32)
    EVP_DigestFinal_ex(context, &sum, nil)
    let digits = Array("0123456789abcdef")
    return String(sum.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }
}
