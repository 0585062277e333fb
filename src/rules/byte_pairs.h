// SPDX-License-Identifier: GPL-2.0-or-later
// How rare two bytes beside each other are in what the web carries.
#pragma once

namespace nfsieve {

/// Bits that it tells to find `second` behind `first`, in text, and in binary data where runs of zeros are
/// common; letters without regard to their case. 0 to 15.
[[nodiscard]] unsigned pair_bits(unsigned char first, unsigned char second);

} // namespace nfsieve
