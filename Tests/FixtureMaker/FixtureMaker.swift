@main struct FixtureMaker { static func main() {} }
