#include "resume_token.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>

#include "mainstay/state/v1/notification.pb.h"

namespace mainstay::notification {
namespace {

constexpr std::size_t kMacBytes = 32;
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kMaxTokenBytes = 1 << 20;

std::string ToBase64Url(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  while (text.ends_with('=')) text.pop_back();
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return text;
}

// Empty for what is no base64url.
std::string FromBase64Url(std::string_view text) {
  std::string padded(text);
  std::replace(padded.begin(), padded.end(), '-', '+');
  std::replace(padded.begin(), padded.end(), '_', '/');
  const std::size_t padding = (4 - padded.size() % 4) % 4;
  padded.append(padding, '=');
  std::string bytes(padded.size() / 4 * 3, '\0');
  const int length =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                      reinterpret_cast<const unsigned char*>(padded.data()), static_cast<int>(padded.size()));
  if (length < 0 || static_cast<std::size_t>(length) < padding) return {};
  bytes.resize(static_cast<std::size_t>(length) - padding);
  return bytes;
}

}  // namespace

std::string TokenSealer::Mac(std::string_view bytes) const {
  std::string mac(kMacBytes, '\0');
  unsigned length = 0;
  HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()), reinterpret_cast<const unsigned char*>(bytes.data()),
       bytes.size(), reinterpret_cast<unsigned char*>(mac.data()), &length);
  return mac;
}

std::string TokenSealer::Seal(const StreamPosition& position) const {
  state::v1::NotificationToken proto;
  proto.set_version(kVersion);
  proto.set_partitions(position.partitions);
  for (const std::string& topic : position.topics) proto.add_topics(topic);
  for (const std::int64_t next : position.next) proto.add_positions(next);
  const std::string bytes = proto.SerializeAsString();
  return ToBase64Url(Mac(bytes) + bytes);
}

Result<StreamPosition> TokenSealer::Open(std::string_view token) const {
  const auto foreign = [] {
    return InvalidField("from", "is neither latest, earliest nor a resume token of this installation");
  };
  if (token.size() > kMaxTokenBytes) return foreign();
  const std::string sealed = FromBase64Url(token);
  if (sealed.size() < kMacBytes || ToBase64Url(sealed) != token) return foreign();
  const std::string_view bytes = std::string_view(sealed).substr(kMacBytes);
  const std::string mac = Mac(bytes);
  if (CRYPTO_memcmp(mac.data(), sealed.data(), kMacBytes) != 0) return foreign();
  state::v1::NotificationToken proto;
  if (!proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || proto.version() != kVersion) {
    return foreign();
  }
  return StreamPosition{proto.partitions(),
                        {proto.topics().begin(), proto.topics().end()},
                        {proto.positions().begin(), proto.positions().end()}};
}

}  // namespace mainstay::notification
