#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "mainstay/testing/seed.h"

namespace mainstay::testing {

std::uint64_t SeedFromEnv() {
  static const std::uint64_t seed = [] {
    const char* text = std::getenv("MAINSTAY_SEED");
    return text != nullptr ? std::strtoull(text, nullptr, 10) : std::random_device{}();
  }();
  return seed;
}

}  // namespace mainstay::testing

int main(int argc, char** argv) {
  testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
