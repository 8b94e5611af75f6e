package ginjwt

// sampleSecrets are the SHA-256 hashes of secrets from documentation and tutorials,
// which are in every attacker's word list.
var sampleSecrets = []string{
	"570dad43de1af4c925f92c16a68a50936da42b7dd6fdeb24850507a1199aac89", // FastAPI's tutorial, as text
	"4d0f8dec4515d07a611c502f22adb95c854d943d6122fb8f96c9503b42356bac", // the same, decoded
	"465d9ad5d5528ebe287b5dce4fb51620833d09b290e49ddcc70ca6c4a0aea01b", // jwt.io, HS256
	"730d21a80e61a8de82d12cb4c0b8057cff5a30e2dec50ce7a773513374f9164a", // jwt.io, HS384
	"db6833593279d7373592ef70e51f3daf048c04475739f8ed024b0821fd9e7fde", // jwt.io, HS512
	"a064b502e61d27e94b8717290e5e1b32e36720e9fbdf952ec81a84c07128cb37", // Supabase's local default
	"c8ecc9361a05e285f04c26f9572131a6deab07e9e2b865053c6f75a4d8bd2b32", // RFC 7515 appendix A.1
	"8b1b17a9740c068accab5c3d0d652c8e3cc13206e70bb73b42ea41d4c2de3c12", // the same, as text
	"73ec74458059c70cae3f0ade8663fe0da1dc4b114ed8cdac75364140b4458a4c", // RFC 7520 section 3.5
	"0330b11998cbc9abd5a585e755cb5df2f73f1a5632fdcc2abb19e05e3eceddb9", // the same, as text
	"3354cfcf65c7b2e6840ea6f880aede239750cb1d063950c4e8fd9fbf9ec73a32", // a Spring Boot tutorial, as text
	"b3f6f5d4f9cee4e99fe5db63234b775a205edc23efbbff87acc308626b5fd24a", // the same, from Base64
	"136cb1c5a79bc9d943efda382fde1bfa26e0e140ff444657cf7fb056e2977b1c", // the same, from hexadecimal
	"5df73e1aa59d8f332c2f5fd6ea1c37d0f2266b623ea3c4efe6cb3d577fd6a5e1", // a Spring Boot tutorial, as text
	"175b4f1da19dc4965891dfc41867b7b36f99309e98012f66c7f1028e680a3f73", // the same, from Base64
	"1ed956b932e3dd2780cc0e5f63900d6c07d6594685fa6ac8cc7683e3a5d61235", // the same, from hexadecimal
	"bf0b62edab9c25ed15d8ad7487c3e0a987c279f477c98cc00863147ecb4d9d71", // a Spring Boot tutorial, as text
	"d6cd79bb66e6a2af82af77572428c34db0660a30ce2c376e1681377000a806d0", // the same, from Base64
	"da1eb416ce10e01039167f89fd8a63142dd7f3e3cffc3ea180eb84d0fa3f407e", // the same, from hexadecimal
	"262eb06104b33a024bac1b16f6e8eac4da17fb54f07920973d51e4c45cf1bd42", // a Spring Boot tutorial, as text
	"10d6119b73f744ba2191c1ce7ee06627dc9485f65d18e8f2f1b8433bf0356bfd", // the same, from Base64
	"c1b8372f4390d056d2031312c61cfc164fd8dcf10faf451d94910e2d425cb936", // the same, from hexadecimal
	"301ed4a6e4cd3a691d5a116e595723a611eb95407ed8a3415564585214691912", // jwt.io's older text, repeated to length
	"c80e8364115cd45c126e1fd5e2953d0d34e66ee2f6bcb06964ec21a82860e0ff", // jwt.io's older text, repeated to length
	"f762bc050100f552244a03ab87e78fa14aa21f08fe2bedf54cd239652e469b0d", // jwt.io's older text, repeated to length
	"f6d527e6d01865481134f29788be2afe7fc3c702e1a55d7ceafac5f35199e8dc", // the alphabet's first 32 letters and digits
	"e1b85b27d6bcb05846c18e6a48f118e89f0c0587140de9fb3359f8370d0dba08", // digits repeated
	"676491965ed3ec50cb7a63ee96315480a95c54426b0b72bca8a0d4ad1285ad55", // digits repeated
	"3eb1bd439947eb762998e566ccc2e099c791118b2f40579cc4f7da2b5061b7f9", // 0123456789abcdef repeated
}
