// What is kept of touches that a plan has forgotten.
#include "services/cadence/effort.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "mainstay/stream/key_builder.h"
#include "world.h"

namespace mainstay::cadence {
namespace {

// Touch n of a minute after touch n - 1, of n + 1 minutes.
InEvent TouchNumber(int n) {
  Touched touch = Call("ann");
  touch.minutes = n + 1;
  return Event("t" + std::to_string(n), "acme", At(2026, 3, 3) + std::chrono::minutes{n}, touch);
}

void PublishTouches(World& world, std::size_t count) {
  for (std::size_t n = 0; n < count; ++n) world.Publish(TouchNumber(static_cast<int>(n)));
  world.Run();
}

std::vector<Effort> Read(std::string_view packed) {
  std::vector<Effort> efforts;
  EXPECT_TRUE(ReadEffort(packed, efforts).has_value());
  return efforts;
}

TEST(Effort, ManyTouchesAreOneEntryBelowTheClient) {
  constexpr std::size_t kMany = 20 * kKeptTouches;
  World world;
  PublishTouches(world, kMany);
  const std::vector<std::string> tables = world.Tables();
  const auto entries = std::count_if(tables.begin(), tables.end(), [](const std::string& entry) {
    return entry.starts_with(std::to_string(kEffort) + "/");
  });
  EXPECT_GT(entries, 0);
  EXPECT_LE(entries, static_cast<std::ptrdiff_t>(kMany / 10));
}

TEST(Effort, IsWhatTheTouchSaid) {
  World world;
  PublishTouches(world, kKeptTouches + 2);
  const std::vector<Effort> efforts = Read(world.Client("acme").effort);
  ASSERT_EQ(efforts.size(), 2U);
  EXPECT_EQ(efforts[1].at, TouchNumber(1).time);
  EXPECT_EQ(efforts[1].minutes, 2);
  EXPECT_NE(efforts[0].touch, efforts[1].touch);
}

TEST(Effort, AnEntryOfASingleTouchAsOfBeforeIsTheSameTouch) {
  World world;
  PublishTouches(world, kKeptTouches + 1);
  const InEvent first = TouchNumber(0);
  std::vector<Effort> old;
  ASSERT_TRUE(ReadEffortEntry(EventKey(first.time, first.source, first.id), "1", old).has_value());
  EXPECT_EQ(old, Read(world.Client("acme").effort));
}

TEST(Effort, WhatIsCutOffIsDamagedOrEndsWithATouch) {
  World world;
  PublishTouches(world, kKeptTouches + 3);
  const std::string whole = world.Client("acme").effort;
  std::size_t readable = 0;
  for (std::size_t size = 1; size < whole.size(); ++size) {
    std::vector<Effort> efforts;
    if (!ReadEffort(std::string_view(whole).substr(0, size), efforts)) continue;
    EXPECT_EQ(efforts.size(), readable++);
  }
  EXPECT_EQ(readable, 3U);
  std::vector<Effort> efforts;
  EXPECT_FALSE(ReadEffortEntry("short", "1", efforts).has_value());
  EXPECT_FALSE(ReadEffortEntry(std::string(8, 'a') + "source", "1", efforts).has_value());
  EXPECT_FALSE(ReadEffort("2 of another format", efforts).has_value());
}

}  // namespace
}  // namespace mainstay::cadence
