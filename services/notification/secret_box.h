// Webhook secrets as they lie in logs and state: AES-256-GCM under a key that lies in neither.
//
// Only the doors seal and open; the shard loop moves what is sealed. Values; any thread.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "mainstay/base/result.h"

namespace mainstay::notification {

class SecretBox {
 public:
  // The key is made from `passphrase` (at least 32 bytes); without one from `key_file`, which is made with random bytes
  // and for its owner alone when it is not there; without both, secrets lie as they are. Errors: kInvalidArgument for
  // a short passphrase, kUnavailable for a file that cannot be read or made.
  [[nodiscard]] static Result<SecretBox> Open(const std::string& passphrase, const std::filesystem::path& key_file);

  [[nodiscard]] Result<std::string> Seal(std::string_view secret) const;
  // What was kept before there was a key is returned as it is. Errors: kFailedPrecondition, when it was sealed under
  // another key or changed; the message never contains the secret.
  [[nodiscard]] Result<std::string> Unseal(std::string_view sealed) const;

 private:
  explicit SecretBox(std::string key) : key_(std::move(key)) {}
  std::string key_;  // 32 bytes; empty: nothing is sealed.
};

}  // namespace mainstay::notification
