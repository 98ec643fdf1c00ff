module foldmark/conformance

go 1.19

require github.com/dobyte/tencent-im v0.1.1

require github.com/dobyte/http v0.0.2 // indirect
