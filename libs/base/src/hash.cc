#include "mainstay/base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <array>

#include "mainstay/base/check.h"

namespace mainstay {
namespace {

std::uint32_t Byte(std::string_view bytes, std::size_t i) { return static_cast<unsigned char>(bytes[i]); }

constexpr std::size_t kLengthBytes = 4;

char* PutPart(std::string_view part, char* to) {
  for (int shift = 0; shift < 32; shift += 8) *to++ = static_cast<char>((part.size() >> shift) & 0xff);
  return std::copy(part.begin(), part.end(), to);
}

}  // namespace

std::int32_t Murmur2(std::string_view bytes) {
  constexpr std::uint32_t kSeed = 0x9747b28c;
  constexpr std::uint32_t kMultiplier = 0x5bd1e995;
  const std::size_t length = bytes.size();
  std::uint32_t h = kSeed ^ static_cast<std::uint32_t>(length);
  std::size_t i = 0;
  for (; i + 4 <= length; i += 4) {
    std::uint32_t k = Byte(bytes, i) | Byte(bytes, i + 1) << 8 | Byte(bytes, i + 2) << 16 | Byte(bytes, i + 3) << 24;
    k *= kMultiplier;
    k ^= k >> 24;
    k *= kMultiplier;
    h *= kMultiplier;
    h ^= k;
  }
  if (i < length) {
    for (std::size_t j = length; j-- > i;) h ^= Byte(bytes, j) << (8 * (j - i));
    h *= kMultiplier;
  }
  h ^= h >> 13;
  h *= kMultiplier;
  h ^= h >> 15;
  return static_cast<std::int32_t>(h);
}

std::int32_t PartitionOf(std::string_view key, std::int32_t partitions) {
  MAINSTAY_CHECK(partitions > 0, "an installation has at least one partition");
  return (Murmur2(key) & 0x7fffffff) % partitions;
}

std::string Hash128::Hex() const {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char byte : Bytes()) {
    text.push_back(kDigits[static_cast<unsigned char>(byte) >> 4]);
    text.push_back(kDigits[static_cast<unsigned char>(byte) & 15]);
  }
  return text;
}

std::array<char, 16> Hash128::Bytes() const {
  std::array<char, 16> bytes{};
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[i] = static_cast<char>(high >> (56 - 8 * i));
    bytes[8 + i] = static_cast<char>(low >> (56 - 8 * i));
  }
  return bytes;
}

Hash128 Hash128::FromBytes(std::string_view bytes) {
  Hash128 hash;
  for (std::size_t i = 0; i < 8; ++i) {
    hash.high = hash.high << 8 | static_cast<unsigned char>(bytes[i]);
    hash.low = hash.low << 8 | static_cast<unsigned char>(bytes[8 + i]);
  }
  return hash;
}

Hash128 HashParts(std::initializer_list<std::string_view> parts) {
  std::size_t size = 0;
  for (const std::string_view part : parts) size += kLengthBytes + part.size();
  std::array<char, 256> usual;  // An event's id is hashed with every event.
  std::string large(size > usual.size() ? size : 0, '\0');
  char* const joined = large.empty() ? usual.data() : large.data();
  char* end = joined;
  for (const std::string_view part : parts) end = PutPart(part, end);
  const XXH128_hash_t hash = XXH3_128bits(joined, size);
  return {hash.high64, hash.low64};
}

}  // namespace mainstay
