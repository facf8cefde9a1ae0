# METADATA
# title: What a rule says of a resource that it denies
package tashika.base.denial

# METADATA
# description: |
#   A denial of the rule that `annotations` belong to (`rego.metadata.rule()`), about one resource. `resource` is its
#   address, which exceptions name; `message` says what is wrong with it.
of(annotations, resource, message) := {
	"rule": annotations.custom.id,
	"title": annotations.title,
	"severity": annotations.custom.severity,
	"remedy": annotations.custom.remedy,
	"resource": resource,
	"message": message,
}
