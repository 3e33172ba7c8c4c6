// What a fuzz target offers its driver. Each target is one file that defines LLVMFuzzerTestOneInput, so libFuzzer
// can drive it; here a seeded gtest does (mutation_driver.cc).
#pragma once

#include <cstddef>
#include <cstdint>

namespace mainstay::fuzz {

struct Counts {
  std::uint64_t accepted = 0;  // Inputs that the decoder took.
  std::uint64_t refused = 0;
};

inline Counts& TargetCounts() {
  static Counts counts;
  return counts;
}

}  // namespace mainstay::fuzz

// Aborts if a property is broken. Returns 0.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size);
