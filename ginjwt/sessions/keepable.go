package sessions

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
)

// keepable returns an error if a value of type t could be lost, in whole or in
// part, when it is kept as JSON. The types in above are being examined already.
func keepable(t reflect.Type, above []reflect.Type) error {
	if slices.Contains(above, t) || ownJSON(t) {
		return nil
	}
	above = append(slices.Clip(above), t)
	switch t.Kind() {
	case reflect.Chan, reflect.Func, reflect.UnsafePointer, reflect.Complex64, reflect.Complex128, reflect.Uintptr:
		return fmt.Errorf("a %v has no JSON", t)
	case reflect.Interface:
		return fmt.Errorf("a %v does not come back with its own type", t)
	case reflect.Map:
		return errors.Join(keepable(t.Key(), above), keepable(t.Elem(), above))
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return keepable(t.Elem(), above)
	case reflect.Struct:
		for f := range t.Fields() {
			if !f.IsExported() && !f.Anonymous || f.Tag.Get("json") == "-" {
				return fmt.Errorf("the field %s of %v would be lost", f.Name, t)
			}
			if err := keepable(f.Type, above); err != nil {
				return err
			}
		}
	}
	return nil
}

// ownJSON reports whether t has JSON of its own.
func ownJSON(t reflect.Type) bool {
	for _, name := range []string{"UnmarshalJSON", "UnmarshalJSONFrom", "UnmarshalText"} {
		if _, ok := reflect.PointerTo(t).MethodByName(name); ok {
			return true
		}
	}
	return false
}
