// Drives one fuzz target with seeded mutations of known good events. MAINSTAY_FUZZ_ITERATIONS sets how many
// (default 50,000); MAINSTAY_SEED replays a failure.
#include <google/protobuf/stubs/logging.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz_target.h"
#include "mainstay/base/random.h"
#include "mainstay/testing/seed.h"
#include "mainstay/wire/cloud_event.h"
#include "mainstay/wire/envelope.h"

namespace mainstay::fuzz {
namespace {

// Every event of the catalogue as a JSON line and as envelope bytes.
std::vector<std::string> GoodInputs() {
  std::vector<std::string> inputs;
  std::ifstream file(MAINSTAY_SOURCE_DIR "/libs/wire/tests/every_event.jsonl");
  for (std::string line; std::getline(file, line);) {
    inputs.push_back(line);
    if (const auto envelope = wire::ParseCloudEvent(line)) inputs.push_back(wire::EncodeEnvelope(*envelope));
  }
  return inputs;
}

// Pieces that break parsers of JSON, numbers, text and lengths.
constexpr std::array<std::string_view, 26> kPieces = {"null",
                                                      "{}",
                                                      "[]",
                                                      "\"\"",
                                                      "-1",
                                                      "1e999",
                                                      "-0.0",
                                                      "0.1",
                                                      "9223372036854775808",
                                                      "\"\\u0000\"",
                                                      "\"\\ud800\"",
                                                      "{",
                                                      "}",
                                                      "[",
                                                      "]",
                                                      ",",
                                                      ":",
                                                      "\\",
                                                      "\"",
                                                      "\xff\xff\xff\xff\x0f",
                                                      "\xc2\x85",
                                                      "\x0a\x00",
                                                      "\x42\x01",
                                                      "A",
                                                      "2026-02-29",
                                                      "\xf4\x90\x80\x80"};

std::size_t Position(Random& random, const std::string& text) { return Below(random, text.size() + 1); }

void MutateOnce(Random& random, const std::vector<std::string>& inputs, std::string* text) {
  const std::size_t at = Position(random, *text);
  const std::size_t length = std::min<std::size_t>(Below(random, 16), text->size() - at);
  switch (Below(random, 8)) {
    case 0:
      if (at < text->size()) (*text)[at] = static_cast<char>((*text)[at] ^ (1 << Below(random, 8)));
      break;
    case 1: text->erase(at, length); break;
    case 2: text->insert(at, kPieces.at(Below(random, kPieces.size()))); break;
    case 3: text->replace(at, length, kPieces.at(Below(random, kPieces.size()))); break;
    case 4: text->insert(at, text->substr(at, length)); break;
    case 5: text->resize(at); break;
    case 6: {
      const std::string& other = inputs[Below(random, inputs.size())];
      *text = text->substr(0, at) + other.substr(Position(random, other));
      break;
    }
    default:
      if (at < text->size()) (*text)[at] = static_cast<char>(Below(random, 256));
      break;
  }
}

// Damage inside one part of an envelope, framed well again, so that it gets past the reader of the frame.
std::string MutateInside(Random& random, const std::vector<std::string>& inputs, wire::Envelope envelope) {
  std::string* const parts[] = {&envelope.id,   &envelope.source, &envelope.type, &envelope.book, &envelope.client,
                                &envelope.data, &envelope.data,   &envelope.data, &envelope.data, &envelope.data};
  MutateOnce(random, inputs, parts[Below(random, std::size(parts))]);
  return wire::EncodeEnvelope(envelope);
}

std::string Mutated(Random& random, const std::vector<std::string>& inputs) {
  std::string text = inputs[Below(random, inputs.size())];
  const auto envelope = wire::DecodeEnvelope(text);
  if (envelope && Below(random, 4) != 0) return MutateInside(random, inputs, *envelope);
  for (std::uint64_t left = Below(random, 8) == 0 ? 3 : 1; left > 0; --left) MutateOnce(random, inputs, &text);
  return text;
}

std::uint64_t Iterations() {
  const char* text = std::getenv("MAINSTAY_FUZZ_ITERATIONS");
  return text == nullptr ? 50'000 : std::strtoull(text, nullptr, 10);
}

TEST(Fuzz, MutatedInputBreaksNothing) {
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  std::cerr << "MAINSTAY_SEED=" << seed << '\n';  // A broken property aborts before any trace is printed.
  google::protobuf::SetLogHandler(nullptr);       // It prints every text that is not UTF-8.
  Random random{seed};
  const std::vector<std::string> inputs = GoodInputs();
  ASSERT_GT(inputs.size(), 100U);
  const auto run = [](const std::string& text) {
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  };
  for (const std::string& input : inputs) run(input);
  EXPECT_GT(TargetCounts().accepted, 0U) << "vacuous: not even the good inputs are accepted";
  TargetCounts() = {};
  for (std::uint64_t i = 0; i < Iterations(); ++i) {
    run(Mutated(random, inputs));
  }
  std::cerr << TargetCounts().accepted << " accepted, " << TargetCounts().refused << " refused\n";
  EXPECT_GT(TargetCounts().accepted, 0U) << "vacuous: no mutated input was accepted";
  EXPECT_GT(TargetCounts().refused, 0U) << "vacuous: no mutated input was refused";
}

}  // namespace
}  // namespace mainstay::fuzz
